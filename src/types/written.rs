//! What writing something again did.

/// Whether a thing that may have been there before was new, different or the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Written {
    /// It was not there.
    Created,
    /// It was there and said something else.
    Changed,
    /// It was there as it should be: nothing was written.
    Unchanged,
}
