//! OSGB36 National Grid (easting and northing in metres) to WGS84 latitude and longitude. Pure arithmetic: no tables, no IO.
//!
//! Source of the formulae and constants: Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes B (ellipsoid and
//! Cartesian coordinates, Helmert transformation) and C (Transverse Mercator). One Helmert transformation for all of Great Britain
//! is right to about 5 m, which is plenty for centroids; OS's OSTN15 grid would be needed for more.

use crate::types::place::Position;

/// Semi-axes of an ellipsoid in metres.
struct Ellipsoid {
    a: f64,
    b: f64,
}

impl Ellipsoid {
    /// Eccentricity squared.
    fn e2(&self) -> f64 {
        1.0 - (self.b * self.b) / (self.a * self.a)
    }
}

const AIRY_1830: Ellipsoid = Ellipsoid { a: 6_377_563.396, b: 6_356_256.909 };
const WGS84: Ellipsoid = Ellipsoid { a: 6_378_137.000, b: 6_356_752.314_2 };

/// Scale on the central meridian of the National Grid.
const F0: f64 = 0.999_601_271_7;
/// True origin: 49 degrees north, 2 degrees west; its grid coordinates in metres.
const ORIGIN_LAT: f64 = 49.0;
const ORIGIN_LNG: f64 = -2.0;
const ORIGIN_EASTING: f64 = 400_000.0;
const ORIGIN_NORTHING: f64 = -100_000.0;

/// Stop iterating the meridional arc below this difference, in metres.
const ARC_TOLERANCE: f64 = 0.000_01;
/// The iteration gains about two digits a step; more steps than this would mean numbers that are not on the grid.
const MAX_STEPS: u32 = 50;

/// Helmert parameters from OSGB36 to WGS84: shifts in metres, rotations in seconds of arc, scale in parts per million.
const SHIFT: [f64; 3] = [446.448, -125.157, 542.060];
const ROTATION_SECONDS: [f64; 3] = [0.1502, 0.2470, 0.8421];
const SCALE_PPM: f64 = -20.4894;

/// The WGS84 position of a National Grid point, `easting` and `northing` in metres; right to about 5 m in Great Britain.
///
/// `None` when the point is not on the National Grid (0..700 km east, 0..1,300 km north), which includes values that are not finite.
pub fn to_wgs84(easting: f64, northing: f64) -> Option<Position> {
    if !(0.0..=700_000.0).contains(&easting) || !(0.0..=1_300_000.0).contains(&northing) {
        return None;
    }
    let (lat, lng) = unproject(easting, northing);
    let shifted = helmert(to_cartesian(&AIRY_1830, lat, lng));
    let (lat, lng) = from_cartesian(&WGS84, shifted);
    Some(Position { lat: lat.to_degrees(), lng: lng.to_degrees() })
}

/// Latitude and longitude on the Airy ellipsoid, in radians (guide, C.2).
fn unproject(easting: f64, northing: f64) -> (f64, f64) {
    let lat = footpoint_latitude(northing);
    let (sin, cos, tan) = (lat.sin(), lat.cos(), lat.tan());
    let e2 = AIRY_1830.e2();
    let nu = AIRY_1830.a * F0 / (1.0 - e2 * sin * sin).sqrt();
    let rho = AIRY_1830.a * F0 * (1.0 - e2) / (1.0 - e2 * sin * sin).powf(1.5);
    let eta2 = nu / rho - 1.0;
    let (t2, t4, t6) = (tan.powi(2), tan.powi(4), tan.powi(6));

    let seven = tan / (2.0 * rho * nu);
    let eight = tan / (24.0 * rho * nu.powi(3)) * (5.0 + 3.0 * t2 + eta2 - 9.0 * t2 * eta2);
    let nine = tan / (720.0 * rho * nu.powi(5)) * (61.0 + 90.0 * t2 + 45.0 * t4);
    let ten = 1.0 / (cos * nu);
    let eleven = 1.0 / (cos * 6.0 * nu.powi(3)) * (nu / rho + 2.0 * t2);
    let twelve = 1.0 / (cos * 120.0 * nu.powi(5)) * (5.0 + 28.0 * t2 + 24.0 * t4);
    let twelve_a = 1.0 / (cos * 5040.0 * nu.powi(7)) * (61.0 + 662.0 * t2 + 1320.0 * t4 + 720.0 * t6);

    let d = easting - ORIGIN_EASTING;
    (
        lat - seven * d.powi(2) + eight * d.powi(4) - nine * d.powi(6),
        ORIGIN_LNG.to_radians() + ten * d - eleven * d.powi(3) + twelve * d.powi(5) - twelve_a * d.powi(7),
    )
}

/// The latitude on the central meridian whose northing is the given one, in radians.
fn footpoint_latitude(northing: f64) -> f64 {
    let mut lat = ORIGIN_LAT.to_radians();
    for _ in 0..MAX_STEPS {
        let rest = northing - ORIGIN_NORTHING - meridional_arc(lat);
        lat += rest / (AIRY_1830.a * F0);
        if rest.abs() < ARC_TOLERANCE {
            break;
        }
    }
    lat
}

/// Distance in metres along the central meridian from the true origin to a latitude in radians (guide, C.1).
fn meridional_arc(lat: f64) -> f64 {
    let n = (AIRY_1830.a - AIRY_1830.b) / (AIRY_1830.a + AIRY_1830.b);
    let (n2, n3) = (n * n, n * n * n);
    let (minus, plus) = (lat - ORIGIN_LAT.to_radians(), lat + ORIGIN_LAT.to_radians());
    let ma = (1.0 + n + 1.25 * n2 + 1.25 * n3) * minus;
    let mb = (3.0 * n + 3.0 * n2 + 21.0 / 8.0 * n3) * minus.sin() * plus.cos();
    let mc = (15.0 / 8.0 * n2 + 15.0 / 8.0 * n3) * (2.0 * minus).sin() * (2.0 * plus).cos();
    let md = 35.0 / 24.0 * n3 * (3.0 * minus).sin() * (3.0 * plus).cos();
    AIRY_1830.b * F0 * (ma - mb + mc - md)
}

/// Cartesian coordinates in metres of a point on the ellipsoid (height 0), latitude and longitude in radians (guide, B.1).
fn to_cartesian(ellipsoid: &Ellipsoid, lat: f64, lng: f64) -> [f64; 3] {
    let nu = ellipsoid.a / (1.0 - ellipsoid.e2() * lat.sin().powi(2)).sqrt();
    [nu * lat.cos() * lng.cos(), nu * lat.cos() * lng.sin(), nu * (1.0 - ellipsoid.e2()) * lat.sin()]
}

/// OSGB36 to WGS84, both Cartesian in metres (guide, 6.2 and B.3; small-angle form).
fn helmert([x, y, z]: [f64; 3]) -> [f64; 3] {
    let [tx, ty, tz] = SHIFT;
    let [rx, ry, rz] = ROTATION_SECONDS.map(|seconds| (seconds / 3600.0).to_radians());
    let scale = 1.0 + SCALE_PPM * 1e-6;
    [tx + scale * x - rz * y + ry * z, ty + rz * x + scale * y - rx * z, tz - ry * x + rx * y + scale * z]
}

/// Latitude and longitude in radians of Cartesian coordinates in metres (guide, B.2).
fn from_cartesian(ellipsoid: &Ellipsoid, [x, y, z]: [f64; 3]) -> (f64, f64) {
    let e2 = ellipsoid.e2();
    let p = x.hypot(y);
    let mut lat = z.atan2(p * (1.0 - e2));
    // Converges to well below a millimetre in four steps for points near the surface.
    for _ in 0..6 {
        let nu = ellipsoid.a / (1.0 - e2 * lat.sin().powi(2)).sqrt();
        lat = (z + e2 * nu * lat.sin()).atan2(p);
    }
    (lat, y.atan2(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metres between a computed position and a published one.
    fn metres_apart(easting: f64, northing: f64, lat: f64, lng: f64) -> f64 {
        let found = to_wgs84(easting, northing).expect("on the grid");
        let metres_per_degree = 6_371_008.8_f64.to_radians();
        let east = (found.lng - lng) * lat.to_radians().cos();
        (found.lat - lat).hypot(east) * metres_per_degree
    }

    #[test]
    fn the_worked_example_of_the_guide_is_unprojected_to_the_last_digit() {
        // Guide, C.2: Caister water tower, 52 39' 27.2531" N, 1 43' 4.5177" E on the Airy ellipsoid.
        let (lat, lng) = unproject(651_409.903, 313_177.270);
        assert!((lat.to_degrees() - (52.0 + 39.0 / 60.0 + 27.2531 / 3600.0)).abs() < 2e-8);
        assert!((lng.to_degrees() - (1.0 + 43.0 / 60.0 + 4.5177 / 3600.0)).abs() < 2e-8);
    }

    #[test]
    fn published_test_points_are_met_within_five_metres() {
        // Ordnance Survey's test points for OSTN15 (ETRS89, which is WGS84 to less than a metre).
        let points = [
            ("St Mary's, Scilly", 91_492.146, 11_318.804, 49.922_263_937_3, -6.299_777_520_14),
            ("London", 530_624.974, 178_388.464, 51.489_365_649_5, -0.119_925_571_8),
            ("Nottingham", 454_002.834, 340_834.943, 52.962_191_094_1, -1.197_476_559_22),
            ("Carmarthen", 241_124.584, 220_332.641, 51.858_908_964, -4.308_524_769_6),
            ("Inverness", 267_056.768, 846_176.972, 57.486_250_007_2, -4.219_263_985_55),
            ("Foula, Shetland", 395_999.668, 1_138_728.951, 60.133_080_916_6, -2.073_828_227_98),
            ("Leeds", 422_242.186, 433_818.701, 53.800_215_196_3, -1.663_791_682_42),
        ];
        for (name, easting, northing, lat, lng) in points {
            let metres = metres_apart(easting, northing, lat, lng);
            assert!(metres < 5.0, "{name}: {metres:.1} m");
        }
    }

    #[test]
    fn points_off_the_grid_have_no_position() {
        assert_eq!(to_wgs84(-1.0, 0.0), None);
        assert_eq!(to_wgs84(400_000.0, 1_300_001.0), None);
        assert_eq!(to_wgs84(f64::NAN, 300_000.0), None);
    }
}
