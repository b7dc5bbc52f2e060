//! Load on the API: so many clients, each proposing an exchange and accepting it, again and again.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    api::Api,
    processes::{cpu, cpu_of_family},
    sample::{Sample, Timing},
    town::Pair,
    wire::{Request, Wire},
};

/// Measures: each request of a sample is one proposal with its accept.
pub async fn measure(api: &Api, postmaster: u32, pairs: &[Pair], token: &str, clients: usize, timing: Timing) -> anyhow::Result<Sample> {
    let start = Instant::now();
    let (from, until) = (start + timing.warm_up(), start + timing.warm_up() + timing.length());
    let (pairs, token): (Arc<[Pair]>, Arc<str>) = (pairs.into(), token.into());
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        tasks.spawn(exchange_on(api.address, Arc::clone(&pairs), Arc::clone(&token), client, from, until));
    }
    let costs = async {
        sleep(timing.warm_up()).await;
        let before = (cpu(api.pid())?, cpu_of_family(postmaster)?);
        sleep(until.saturating_duration_since(Instant::now())).await;
        anyhow::Ok((cpu(api.pid())? - before.0, cpu_of_family(postmaster)? - before.1))
    };
    let done = async {
        let mut all = Vec::new();
        while let Some(latencies) = tasks.join_next().await {
            all.extend(latencies??);
        }
        anyhow::Ok(all)
    };
    let ((api_cpu, pg_cpu), latencies_us) = tokio::try_join!(costs, done)?;
    ensure!(!latencies_us.is_empty(), "no exchange was agreed within {} s: measure longer, with --seconds", timing.seconds);
    Ok(Sample { latencies_us, seconds: timing.seconds, api_cpu, pg_cpu })
}

async fn exchange_on(
    address: SocketAddr,
    pairs: Arc<[Pair]>,
    token: Arc<str>,
    client: usize,
    from: Instant,
    until: Instant,
) -> anyhow::Result<Vec<u32>> {
    let mut wire = Wire::to(address).await?;
    let mut latencies = Vec::new();
    for pair in pairs.iter().cycle().skip(client * 31 % pairs.len()) {
        let began = Instant::now();
        propose_and_accept(&mut wire, (pair, client), &token).await?;
        let ended = Instant::now();
        if ended >= until {
            break;
        }
        if ended >= from {
            latencies.push(micros(ended - began));
        }
    }
    Ok(latencies)
}

/// One proposal of a client, accepted.
pub async fn propose_and_accept(wire: &mut Wire, (pair, client): (&Pair, usize), token: &str) -> anyhow::Result<()> {
    let exchange = ask(wire, &pair.propose(client, token), 201).await?;
    let id = exchange.get("id").and_then(Value::as_str).context("the proposal has no id")?;
    ask(wire, &pair.accept(id, token), 200).await?;
    Ok(())
}

async fn ask(wire: &mut Wire, request: &Request, expected: u16) -> anyhow::Result<Value> {
    let (status, body) = wire.ask(request).await?;
    let said = || String::from_utf8_lossy(body).chars().take(500).collect::<String>();
    ensure!(status == expected, "the API answered {status}: {}", said());
    Ok(serde_json::from_slice(body)?)
}

/// Whole microseconds.
fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
