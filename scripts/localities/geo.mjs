// Distances and mean positions on the globe; positions are {lat, lng} in degrees (WGS84).

/** Weight of a place of unknown population: the least GeoNames takes up. */
const UNKNOWN_POPULATION = 1000;

/** Great-circle distance in km (equirectangular: right to a metre or so over these few km). */
export function km(a, b) {
  const rad = Math.PI / 180;
  return 6371.0088 * rad * Math.hypot(b.lat - a.lat, (b.lng - a.lng) * Math.cos(((a.lat + b.lat) / 2) * rad));
}

/** Mean position, weighted by population when at least half of the populations are known, else plain. */
export function mean(points) {
  const weighted = points.filter((p) => p.population).length * 2 >= points.length;
  const weights = points.map((p) => (weighted ? p.population ?? UNKNOWN_POPULATION : 1));
  const total = weights.reduce((a, b) => a + b, 0);
  const along = (axis) => points.reduce((sum, p, i) => sum + p[axis] * weights[i], 0) / total;
  return { lat: along('lat'), lng: along('lng') };
}
