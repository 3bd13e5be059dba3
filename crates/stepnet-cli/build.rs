//! Packs the laboratory's page into the program: for the feature `lab`, where STEPNET_LAB names a built page.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "lab")]
    page::pack();
}

#[cfg(feature = "lab")]
mod page {
    use std::fmt::Write as _;
    use std::fs;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    /// Names the folder that tools/build_web.sh wrote.
    const FOLDER: &str = "STEPNET_LAB";

    /// What the program never serves: the page in one file, and what stores the page in the browser.
    const LEFT_OUT: [&str; 2] = ["stepnet-lab.html", "offline.js"];

    /// Writes a table of the page's files, compressed: `&[(name, bytes)]`, empty where no page is named.
    pub(crate) fn pack() {
        println!("cargo::rerun-if-env-changed={FOLDER}");
        let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
        let mut table = String::from("&[\n");
        for (number, (name, path)) in files().iter().enumerate() {
            println!("cargo::rerun-if-changed={}", path.display());
            let packed = out.join(format!("{number}.gz"));
            fs::write(&packed, compressed(path)).expect("OUT_DIR can be written to");
            writeln!(table, "    ({name:?}, include_bytes!({packed:?})),").expect("memory");
        }
        table.push_str("]\n");
        fs::write(out.join("page.rs"), table).expect("OUT_DIR can be written to");
    }

    fn compressed(path: &Path) -> Vec<u8> {
        let content = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&content).expect("memory");
        encoder.finish().expect("memory")
    }

    /// The page's files with their names, in a fixed order.
    fn files() -> Vec<(String, PathBuf)> {
        let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
            return Vec::new();
        };
        // Relative to where cargo is called from: mostly the repository.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = root.join(folder);
        if !folder.join("index.html").is_file() {
            panic!(
                "{FOLDER}: there is no index.html in {}, expected the folder that tools/build_web.sh wrote",
                folder.display()
            );
        }
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut found = Vec::new();
        list(&folder, "", &mut found);
        found.sort();
        found
    }

    fn list(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path
                .file_name()
                .expect("entries have names")
                .to_string_lossy();
            let whole = format!("{prefix}{name}");
            if path.is_dir() {
                list(&path, &format!("{whole}/"), found);
            } else if !LEFT_OUT.contains(&whole.as_str()) && !whole.ends_with(".map") {
                found.push((whole, path));
            }
        }
    }
}
