//! What must not come back into the lock file (docs/decisions/0003-dependencies.md).

#[test]
fn the_lock_file_has_no_library_with_an_open_advisory() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).expect("the lock file");
    let packages: Vec<&str> = lock.split("[[package]]").collect();
    assert!(packages.iter().any(|package| package.contains("name = \"actix-web\"")), "this test no longer reads the lock file");
    for (name, version) in [("h2", "0.3."), ("rsa", "0.9.")] {
        let start = format!("\nname = \"{name}\"\nversion = \"{version}");
        assert!(!packages.iter().any(|package| package.starts_with(&start)), "{name} {version} is in the lock file");
    }
}
