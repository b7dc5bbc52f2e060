//! The `gotit` program: everything is in the library.

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    gotit::cli::run().await
}
