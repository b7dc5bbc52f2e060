//! Distances and positions. A position is always the centroid of a locality, never an address.

use super::fields::Refusal;

/// Mean radius of the Earth in kilometres (IUGG 1980).
pub const EARTH_RADIUS_KM: f64 = 6371.0088;

/// How far a group will bring something (offer) or come for it (want), in whole kilometres, 0 to 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReachKm(i32);

impl ReachKm {
    /// The longest reach: London to Edinburgh, nearly.
    pub const MAX: i32 = 500;
    /// What a listing has when its group says nothing.
    pub const DEFAULT: Self = Self(10);

    /// Takes 0 to 500.
    pub fn parse(km: i64) -> Result<Self, Refusal> {
        i32::try_from(km)
            .ok()
            .filter(|km| (0..=Self::MAX).contains(km))
            .map(Self)
            .ok_or_else(|| Refusal::new("out_of_range", format!("Give whole kilometres from 0 to {}.", Self::MAX)))
    }

    /// The kilometres.
    pub fn km(self) -> i32 {
        self.0
    }
}

/// A distance as it is shown: whole kilometres. Distances are between centroids, so more would say more than is known.
#[expect(clippy::as_conversions, reason = "a rounded distance on the Earth fits, and `as` saturates")]
pub fn whole_km(km: f64) -> i64 {
    km.round() as i64
}

/// A point on the Earth, degrees, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Latitude, -90 to 90.
    pub lat: f64,
    /// Longitude, -180 to 180.
    pub lng: f64,
}

impl Position {
    /// Takes finite degrees on the globe, rounded to three decimals (about 100 m): nothing finer is kept.
    pub fn parse(lat: f64, lng: f64) -> Result<Self, Refusal> {
        if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng) {
            Ok(Self { lat: (lat * 1000.0).round() / 1000.0, lng: (lng * 1000.0).round() / 1000.0 })
        } else {
            Err(Refusal::new("not_on_the_globe", "Give latitude from -90 to 90 and longitude from -180 to 180, in degrees."))
        }
    }

    /// Great-circle distance in kilometres (haversine). The same formula as the SQL function `km_between`.
    pub fn km_to(self, other: Self) -> f64 {
        let square_of_half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let h = square_of_half_sine(other.lat - self.lat)
            + self.lat.to_radians().cos() * other.lat.to_radians().cos() * square_of_half_sine(other.lng - self.lng);
        2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stoke_to_cardiff_is_about_180_km() {
        let stoke = Position::parse(53.0027, -2.1794).unwrap();
        let cardiff = Position::parse(51.4816, -3.1791).unwrap();
        assert!((stoke.km_to(cardiff) - 182.5).abs() < 1.0, "{}", stoke.km_to(cardiff));
    }

    #[test]
    fn not_a_number_is_not_on_the_globe() {
        assert!(Position::parse(f64::NAN, 0.0).is_err());
        assert!(Position::parse(0.0, f64::INFINITY).is_err());
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_never_more_than_half_way_round(a in (-90.0..90.0f64, -180.0..180.0f64), b in (-90.0..90.0f64, -180.0..180.0f64)) {
            let (a, b) = (Position { lat: a.0, lng: a.1 }, Position { lat: b.0, lng: b.1 });
            prop_assert!((a.km_to(b) - b.km_to(a)).abs() < 1e-6);
            prop_assert!(a.km_to(b) <= std::f64::consts::PI * EARTH_RADIUS_KM + 1e-6);
        }

        #[test]
        fn reach_is_within_its_bounds(km in any::<i64>()) {
            prop_assert_eq!(ReachKm::parse(km).is_ok(), (0..=500).contains(&km));
        }
    }
}
