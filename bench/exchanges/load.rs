//! What each client does: proposes an exchange and accepts it, again and again.

use anyhow::Context;
use serde_json::Value;

use crate::{
    rig::{load::Deed, wire::Wire},
    town::Pair,
};

/// One proposal with its accept, as whoever has the token. Each client begins with another pair.
pub struct Agree {
    pub pairs: Vec<Pair>,
    pub token: String,
}

impl Deed for Agree {
    async fn once(&self, wire: &mut Wire, client: usize, turn: usize) -> anyhow::Result<()> {
        let pair = &self.pairs[(client * 31 + turn) % self.pairs.len()];
        propose_and_accept(wire, (pair, client), &self.token).await
    }
}

/// One proposal of a client, accepted.
pub async fn propose_and_accept(wire: &mut Wire, (pair, client): (&Pair, usize), token: &str) -> anyhow::Result<()> {
    let exchange: Value = serde_json::from_slice(wire.answer(&pair.propose(client, token)).await?)?;
    let id = exchange.get("id").and_then(Value::as_str).context("the proposal has no id")?;
    wire.answer(&pair.accept(id, token)).await?;
    Ok(())
}
