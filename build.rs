//! Builds anew when a migration is added: they are embedded in the program, and a new folder changes no file that Rust knows of.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
