// Permanent codes: N RR DDD PPPPP SSS (country, region, district, place, a network's own sub-area), 14 digits, so that
// everything below a locality is one range of codes. A code once given is kept: see CodeBook.

/** Digits below each level: a code plus 10^n is the end of its subtree. */
const STEP = { country: 10n ** 13n, region: 10n ** 11n, district: 10n ** 8n, place: 10n ** 3n, postcode_district: 10n ** 3n };
const FIRST = { region: 1n, district: 1n, place: 1n, postcode_district: 90001n };
const LAST = { region: 99n, district: 999n, place: 90000n, postcode_district: 99999n };

/** Gives the code of an entry: the one it had in the last edition, or the next free one below its parent. */
export class CodeBook {
  /** @param rows the rows of the last edition ({code, slug, kind, name, parent}), empty for the first one. */
  constructor(rows) {
    this.known = new Map(rows.map((row) => [keyOf(row), row]));
    this.seen = new Set();
    this.slugs = new Set(rows.map((row) => row.slug));
    this.highest = new Map();
    const bySlug = new Map(rows.map((row) => [row.slug, row]));
    for (const row of rows) this.#note(bySlug.get(row.parent)?.code, row);
  }

  /** Adds code and slug to an entry ({kind, name, parent (slug)}); `parentCode` is null for a country. */
  assign(entry, parentCode, wantedCode, wantedSlug) {
    const old = this.known.get(keyOf(entry));
    if (this.seen.has(keyOf(entry))) throw new Error(`twice: ${keyOf(entry)}: tell them apart in FIXES`);
    this.seen.add(keyOf(entry));
    if (old) return { ...entry, code: old.code, slug: old.slug };
    const row = { ...entry, code: wantedCode ?? this.#next(parentCode, entry.kind), slug: this.#freeSlug(wantedSlug) };
    this.#note(parentCode, row);
    return row;
  }

  /** Rows of the last edition which the source no longer has. They stay: listings may point to them. */
  left() {
    return [...this.known.values()].filter((row) => !this.seen.has(keyOf(row)));
  }

  #next(parentCode, kind) {
    const number = (this.highest.get(`${parentCode}/${kind}`) ?? FIRST[kind] - 1n) + 1n;
    if (number > LAST[kind]) throw new Error(`no ${kind} code left below ${parentCode}`);
    return parentCode + number * STEP[kind];
  }

  #note(parentCode, row) {
    if (parentCode === undefined || parentCode === null || !STEP[row.kind]) return;
    const key = `${parentCode}/${row.kind}`;
    const number = (row.code - parentCode) / STEP[row.kind];
    if (number > (this.highest.get(key) ?? 0n)) this.highest.set(key, number);
  }

  #freeSlug(wanted) {
    let slug = wanted;
    for (let n = 2; this.slugs.has(slug); n += 1) slug = `${wanted}-${n}`;
    this.slugs.add(slug);
    return slug;
  }
}

const keyOf = (row) => `${row.kind}/${row.parent}/${row.name}`;

/** Lower-case ASCII words joined by hyphens: "Pont-y-pŵl" becomes "pont-y-pwl". */
export const slugOf = (name) => name.normalize('NFKD').replace(/[\u0300-\u036f'’]/g, '').toLowerCase()
  .replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

export const HEADER = ['code', 'slug', 'kind', 'name', 'parent', 'lat', 'lng', 'population', 'also_known_as'];

/** One row as a CSV line (RFC 4180). */
export const toLine = (row) => HEADER.map((column) => {
  const text = String(row[column] ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}).join(',');

/** The rows of a CSV text as made by toLine. */
export function parse(text) {
  return text.split('\n').slice(1).filter(Boolean).map((line) => {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => m[1]?.replaceAll('""', '"') ?? m[2]);
    const row = Object.fromEntries(HEADER.map((column, i) => [column, cells[i] ?? '']));
    return { ...row, code: BigInt(row.code) };
  });
}
