//! `stepnet serve`: what it says at its start and at its end, and what it refuses.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use crate::run::Desk;

fn trained() -> Desk {
    let desk = Desk::new();
    desk.run("train --epochs 1 --out runs/digits").fine();
    desk
}

#[test]
fn mistakes_end_it_at_its_start() {
    let desk = trained();
    let model = "runs/digits/model.safetensors";
    desk.run("serve none.safetensors")
        .fails(2, &["none.safetensors"]);
    desk.run(&format!("serve {model} {model} --port 0"))
        .fails(2, &["\"digits\" twice", "another name"]);
    desk.run(&format!("serve a/b={model} --port 0"))
        .fails(2, &["a/b="]);
    desk.run(&format!("serve a+b={model} --port 0"))
        .fails(2, &["\"a+b\"", "letters of ASCII"]);
    fs::write(desk.join("token"), "secret").unwrap();
    let short = desk.run(&format!("serve {model} --port 0 --token-file token"));
    short.fails(2, &["--token-file token", "at least 16"]);
    assert!(!short.err.contains("secret"));
    let open = desk.run(&format!("serve {model} --port 0 --host 0.0.0.0 --strict"));
    open.fails(2, &["--strict", "--token-file"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    desk.run(&format!("serve {model} --port {port}"))
        .fails(2, &["cannot listen", "--port"]);
}

#[cfg(unix)]
#[test]
fn it_answers_until_a_signal_ends_it() {
    let desk = trained();
    let words = [
        "serve",
        "d=runs/digits/model.safetensors",
        "--port",
        "0",
        "--threads",
        "1",
    ];
    let mut command = desk.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let model = "serving: d, 8x8x1 to 10 classes, from runs/digits/model.safetensors";
    assert_eq!(line(), model);
    let listening = line();
    let address = listening.strip_prefix("listening: http://").unwrap();
    let mut stream = TcpStream::connect(address.trim_end_matches('/')).unwrap();
    let request = b"GET /v2/models/d/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let id = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(line(), "stopped by SIGTERM: 1 request answered");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
