//! What was measured: times of single requests, and what they cost together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long is measured, and for how long things get warm before.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Timing {
    /// Seconds that each measurement lasts
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Seconds of the same load before it, not counted: connections are made, statements prepared, pages read
    #[arg(long, default_value_t = 4.0)]
    pub warm_up: f64,
}

impl Timing {
    pub fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }

    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Times of requests, and the processor time that went into them.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Of each request, in microseconds.
    pub latencies_us: Vec<u32>,
    pub seconds: f64,
    /// Of the API server, in seconds; 0 when it had no part.
    pub api_cpu: f64,
    /// Of PostgreSQL, in seconds.
    pub pg_cpu: f64,
}

impl Sample {
    /// Takes another round's figures in.
    pub fn add(&mut self, other: Self) {
        self.latencies_us.extend(other.latencies_us);
        self.seconds += other.seconds;
        self.api_cpu += other.api_cpu;
        self.pg_cpu += other.pg_cpu;
    }

    /// The figures of it.
    pub fn figures(&self) -> Figures {
        let mut sorted = self.latencies_us.clone();
        sorted.sort_unstable();
        let count = sorted.len() as f64;
        let quantile = |share: f64| {
            let position = ((count * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
            sorted.get(position).map_or(f64::NAN, |us| f64::from(*us) / 1e3)
        };
        Figures {
            requests: sorted.len() as u64,
            per_second: count / self.seconds,
            p50_ms: quantile(0.50),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            api_cpu_ms: self.api_cpu * 1e3 / count,
            pg_cpu_ms: self.pg_cpu * 1e3 / count,
        }
    }
}

/// The figures of one measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub requests: u64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// Processor time of the API server for each request.
    pub api_cpu_ms: f64,
    /// Processor time of PostgreSQL for each request.
    pub pg_cpu_ms: f64,
}
