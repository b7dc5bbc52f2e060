//! How far a mistyped word is from a known one.

/// Letters to add, drop or change, or neighbours to swap, to get from one word to the other (optimal string alignment).
pub(super) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=other.len()).collect();
    let mut before = None;
    for (row, letter) in one.chars().enumerate() {
        let mut line = vec![row + 1];
        let mut left = row + 1;
        for (column, target) in other.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut steps = (left + 1).min(at(&back, column + 1) + 1).min(at(&back, column) + usize::from(letter != *target));
            let swapped = column > 0 && before == Some(*target) && other.get(column - 1) == Some(&letter);
            if swapped {
                steps = steps.min(at(&two_back, column - 1) + 1);
            }
            line.push(steps);
            left = steps;
        }
        two_back = std::mem::replace(&mut back, line);
        before = Some(letter);
    }
    back.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters_and_swaps() {
        assert_eq!(distance("gazebo", "gazebo"), 0);
        assert_eq!(distance("gazbeo", "gazebo"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
