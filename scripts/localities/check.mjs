// Checks data/localities/localities.csv: its structure (fails) and the look of its data (reports). Run: npm run check.

import { readFileSync } from 'node:fs';
import { parse } from './codes.mjs';
import { km } from './geo.mjs';

const KINDS = ['country', 'region', 'district', 'place', 'postcode_district'];
const GREAT_BRITAIN = { south: 49.8, north: 60.9, west: -8.7, east: 1.8 };
/** No place lies further than this from the middle of its district (Highland, Argyll and Bute are the widest). */
const FARTHEST_KM = 160;
const MUST_HAVE = `tunstall-stoke-on-trent burslem-stoke-on-trent hanley-stoke-on-trent stoke-upon-trent-stoke-on-trent
  fenton-stoke-on-trent longton-stoke-on-trent newcastle-under-lyme-staffordshire kidsgrove-staffordshire biddulph-staffordshire
  leek-staffordshire cheadle-staffordshire stone-staffordshire hebden-bridge-calderdale st1 st13 hx7`.split(/\s+/);

const rows = parse(readFileSync(new URL('../../data/localities/localities.csv', import.meta.url), 'utf8'))
  .map((row) => ({ ...row, lat: Number(row.lat), lng: Number(row.lng) }));
const bySlug = new Map(rows.map((row) => [row.slug, row]));
const problems = [];
const demand = (holds, text) => holds || problems.push(text);

/** The size of the code range of a row: its code has that many zeros at the end. */
const span = { country: 10n ** 13n, region: 10n ** 11n, district: 10n ** 8n, place: 10n ** 3n, postcode_district: 10n ** 3n };

demand(bySlug.size === rows.length, 'a slug is there twice');
demand(new Set(rows.map((row) => row.code)).size === rows.length, 'a code is there twice');
demand(rows.filter((row) => row.kind === 'place').length >= 4000, 'fewer than 4,000 places');
for (const slug of MUST_HAVE) demand(bySlug.has(slug), `missing: ${slug}`);
for (const row of rows) {
  const label = `${row.name} (${row.code})`;
  const parent = bySlug.get(row.parent);
  demand(KINDS.includes(row.kind), `${label}: kind ${row.kind}`);
  demand(/^\d{14}$/.test(String(row.code)) && row.code % span[row.kind] === 0n, `${label}: not a code of a ${row.kind}`);
  demand(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(row.slug), `${label}: slug ${row.slug}`);
  demand((row.kind === 'country') === !parent, `${label}: parent ${row.parent}`);
  demand(!parent || (row.code > parent.code && row.code < parent.code + span[parent.kind]), `${label}: outside its parent's range`);
  demand(row.lat > GREAT_BRITAIN.south && row.lat < GREAT_BRITAIN.north, `${label}: latitude ${row.lat}`);
  demand(row.lng > GREAT_BRITAIN.west && row.lng < GREAT_BRITAIN.east, `${label}: longitude ${row.lng}`);
  demand(row.kind !== 'place' || km(row, parent) < FARTHEST_KM, `${label}: ${parent && Math.round(km(row, parent))} km from its district`);
}

for (const kind of KINDS) console.log(kind.padEnd(18), rows.filter((row) => row.kind === kind).length);
const places = rows.filter((row) => row.kind === 'place');
console.log('places with population', places.filter((row) => row.population).length);
const twins = places.flatMap((a, i) => places.slice(i + 1).filter((b) => a.name === b.name && km(a, b) < 1).map((b) => `${a.slug}, ${b.slug}`));
console.log('same name less than 1 km apart:', twins.join('; ') || 'none');
const thin = rows.filter((row) => row.kind === 'district').map((row) => [row.name, places.filter((p) => p.parent === row.slug).length])
  .filter(([, count]) => count < 4);
console.log('districts with fewer than 4 places:', thin.map(([name, count]) => `${name} ${count}`).join(', '));
for (const problem of problems) console.error(`problem: ${problem}`);
process.exitCode = problems.length ? 1 : 0;
