//! `stepnet lab`: what it says, what it opens, how it ends. What it answers is tested in `src/lab/tests.rs`.

use crate::run::Desk;

#[cfg(not(feature = "lab"))]
#[test]
fn without_the_feature_it_says_what_to_build() {
    let desk = Desk::new();
    desk.run("lab")
        .fails(1, &["built without the laboratory", "--features lab"]);
}

#[cfg(feature = "lab")]
mod served {
    use std::fs;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, ChildStdout, Stdio};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::files::model;

    /// A folder that looks like a built page, and a model.
    fn desk() -> Desk {
        let desk = Desk::new();
        fs::create_dir(desk.join("page")).unwrap();
        for name in ["index.html", "worker.js"] {
            fs::write(desk.join("page").join(name), name).unwrap();
        }
        desk
    }

    /// A running command, ended at the end of the test whatever becomes of it.
    struct Running {
        child: Child,
        out: BufReader<ChildStdout>,
        link: String,
    }

    impl Drop for Running {
        fn drop(&mut self) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }

    fn start(desk: &Desk, words: &str, browser: Option<&std::path::Path>) -> Running {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut command = desk.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        match browser {
            Some(browser) => command.env("BROWSER", browser),
            None => command.arg("--no-browser"),
        };
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let Some(link) = line.trim_end().strip_prefix("the laboratory: ") else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).ok();
            panic!("{line}{said}");
        };
        let link = link.to_owned();
        Running { child, out, link }
    }

    /// What is behind a link.
    fn get(link: &str) -> (String, Vec<u8>) {
        let (host, path) = link
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let body = all.split_off(end);
        let head = String::from_utf8(all).unwrap();
        (head.lines().next().unwrap().to_owned(), body)
    }

    #[test]
    fn the_link_carries_the_model_and_the_data() {
        let desk = desk();
        let weights = ("linear1.weight", &[2, 4][..], vec![0.5; 8]);
        let bias = ("linear1.bias", &[2][..], vec![0.0; 2]);
        let path = desk.join("a&b.safetensors");
        model(
            &path,
            "linear(2) -> softmax",
            "cross-entropy",
            &[weights, bias],
        );
        fs::create_dir_all(desk.join("data/cat")).unwrap();
        fs::write(desk.join("data/cat/1.png"), "png").unwrap();
        let running = start(&desk, "lab a&b.safetensors data --folder page", None);
        let (root, query) = running.link.split_once('?').unwrap();
        assert_eq!(query, "lab&model=a%26b.safetensors&data=data");
        let (status, body) = get(&running.link);
        assert_eq!(
            (status.as_str(), &body[..]),
            ("HTTP/1.1 200 OK", &b"index.html"[..])
        );
        assert_eq!(get(&format!("{root}model")).1, fs::read(&path).unwrap());
        let data = b"[{\"path\":\"data/cat/1.png\",\"bytes\":3}]\npng";
        assert_eq!(get(&format!("{root}data")).1, data);
        let without = root.trim_end_matches('/').rsplit_once('/').unwrap().0;
        assert_eq!(get(&format!("{without}/model")).0, "HTTP/1.1 404 Not Found");
    }

    #[test]
    fn a_first_name_of_no_model_is_that_of_the_data() {
        let desk = desk();
        fs::write(desk.join("rows.csv"), "label,a\n0,1\n").unwrap();
        let running = start(&desk, "lab rows.csv --folder page", None);
        assert!(
            running.link.ends_with("/?lab&data=rows.csv"),
            "{}",
            running.link
        );
        let other = start(&desk, "lab --folder page", None);
        assert!(other.link.ends_with("/?lab"), "{}", other.link);
        assert_ne!(running.link[..50], other.link[..50]);
    }

    #[cfg(unix)]
    #[test]
    fn ctrl_c_ends_it_at_once_even_while_a_browser_loads() {
        let desk = desk();
        let large = fs::File::create(desk.join("large.csv")).unwrap();
        large.set_len(300_000_000).unwrap();
        let mut running = start(&desk, "lab large.csv --folder page", None);
        let mut rest = String::new();
        running.out.read_line(&mut rest).unwrap();
        assert_eq!(rest, "for this machine only; Ctrl-C ends it\n");
        let (root, _) = running.link.split_once('?').unwrap();
        let (host, path) = root
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let mut loading = TcpStream::connect(host).unwrap();
        let request = format!("GET /{path}data HTTP/1.1\r\nHost: {host}\r\n\r\n");
        loading.write_all(request.as_bytes()).unwrap();
        loading.read_exact(&mut [0; 100]).unwrap();
        let begin = Instant::now();
        let id = running.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.unwrap().success());
        let ended = running.child.wait().unwrap();
        assert!(
            begin.elapsed() < Duration::from_secs(3),
            "{:?}",
            begin.elapsed()
        );
        assert_eq!(ended.code(), Some(130));
    }

    #[cfg(unix)]
    #[test]
    fn the_browser_that_is_chosen_gets_the_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let desk = desk();
        let browser = desk.join("browser");
        let script = "#!/bin/sh\nprintf %s \"$1\" > opened.part && mv opened.part opened\n";
        fs::write(&browser, script).unwrap();
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
        let running = start(&desk, "lab --folder page", Some(&browser));
        let begin = Instant::now();
        while !desk.join("opened").is_file() {
            assert!(begin.elapsed() < Duration::from_secs(60), "no browser");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(
            fs::read_to_string(desk.join("opened")).unwrap(),
            running.link
        );
    }

    #[test]
    fn a_port_that_is_taken_is_one_clear_line() {
        let desk = desk();
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = other.local_addr().unwrap().port();
        let ran = desk.run(&format!("lab --folder page --no-browser --port {port}"));
        let said = format!("--port is {port}, but another program listens there");
        ran.fails(2, &[&said, "choose another port"]);
        drop(other);
        let running = start(&desk, &format!("lab --folder page --port {port}"), None);
        assert!(
            running
                .link
                .starts_with(&format!("http://127.0.0.1:{port}/"))
        );
    }

    #[test]
    fn what_cannot_be_opened_is_said_before_anything_is_served() {
        let desk = desk();
        fs::write(desk.join("bad.safetensors"), "no model").unwrap();
        for (words, parts) in [
            (
                "lab none.safetensors",
                &["none.safetensors: cannot open"][..],
            ),
            ("lab bad.safetensors", &["bad.safetensors"]),
            ("lab none/", &["none/: cannot open"]),
            (
                "lab page page",
                &["page is a folder, expected a model file"],
            ),
            (
                "lab --port 0",
                &["--port", "expected a whole number from 1 to 65535"],
            ),
        ] {
            desk.run(&format!("{words} --folder page --no-browser"))
                .fails(2, parts);
        }
        desk.run("lab --folder none")
            .fails(2, &["--folder: none is no folder"]);
        desk.run("lab --folder .")
            .fails(2, &["--folder: . has no index.html", "tools/build_web.sh"]);
    }

    #[test]
    fn a_program_without_the_page_says_how_to_get_it() {
        if option_env!("STEPNET_LAB").is_some_and(|folder| !folder.is_empty()) {
            eprintln!("skipped: this program has the page");
            return;
        }
        let desk = Desk::new();
        desk.run("lab")
            .fails(1, &["tools/build_web.sh", "--folder", "STEPNET_LAB"]);
    }
}
