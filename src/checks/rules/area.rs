//! Whether a place is out of a network's area.

use crate::types::Position;

/// Whether a place lies farther than `margin_km` from all of the places that an area is made of (great circle, between centroids). An
/// area without places is where its own centroid is, so there is always one to compare with; without any nothing is out of it.
pub fn is_out(place: Position, area: &[Position], margin_km: i32) -> bool {
    let nearest = area.iter().map(|other| place.km_to(*other)).min_by(f64::total_cmp);
    nearest.is_some_and(|km| km > f64::from(margin_km))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_the_nearest_place_of_the_area() {
        let at = |lat, lng| Position { lat, lng };
        let potteries = [at(53.0027, -2.1794), at(53.0580, -2.2100)];
        assert!(!is_out(at(53.1070, -2.0240), &potteries, 30));
        assert!(is_out(at(53.4808, -2.2426), &potteries, 30));
        assert!(!is_out(at(53.4808, -2.2426), &potteries, 50));
        assert!(!is_out(at(53.4808, -2.2426), &[], 0));
    }
}
