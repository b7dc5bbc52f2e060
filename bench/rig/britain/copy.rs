//! A COPY into one table, in parts of about half a megabyte.

use std::{io::Cursor, pin::Pin};

use futures_util::SinkExt;
use tokio_postgres::{Client, CopyInSink};

use super::tuples::Tuples;

/// How much is gathered before it is sent, in bytes.
const PART: usize = 512 * 1024;

/// A running COPY. Rows are written to [`Copy::row`], then [`Copy::flush`] sends what has gathered.
pub struct Copy {
    sink: Pin<Box<CopyInSink<Cursor<Vec<u8>>>>>,
    tuples: Tuples,
    columns: usize,
}

impl Copy {
    /// Begins to copy into these columns of a table.
    pub async fn begin(client: &Client, table: &str, columns: &[&str]) -> anyhow::Result<Self> {
        Self::begin_with(client, table, columns, "format binary").await
    }

    /// The same with options of one's own, such as `freeze`.
    pub async fn begin_with(client: &Client, table: &str, columns: &[&str], options: &str) -> anyhow::Result<Self> {
        let sql = format!("copy {table} ({}) from stdin ({options})", columns.join(", "));
        Ok(Self { sink: Box::pin(client.copy_in(&sql).await?), tuples: Tuples::first(), columns: columns.len() })
    }

    /// Begins a row. All of its columns must follow.
    pub fn row(&mut self) -> &mut Tuples {
        self.tuples.row(self.columns);
        &mut self.tuples
    }

    /// Sends what has gathered, if it is enough.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        if self.tuples.len() >= PART {
            self.sink.send(self.tuples.take()).await?;
        }
        Ok(())
    }

    /// For rows that are begun elsewhere.
    pub fn rows(&mut self) -> &mut Tuples {
        &mut self.tuples
    }

    /// Sends the rest and waits until the table has it.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.tuples.end();
        self.sink.send(self.tuples.take()).await?;
        self.sink.as_mut().finish().await?;
        Ok(())
    }
}
