//! Kinds of things that networks regulate, by the words for them, in English and in Welsh as people here mix them. A list says too
//! what holds such a word and is harmless: a wine glass is not wine.

use super::{
    Draft, Found, Rule, Texts,
    reading::{Text, is, is_number},
};
use crate::listings::Kind;

/// A kind of thing by its words.
struct Words {
    rule: Rule,
    /// Words and phrases that name it.
    named: &'static [&'static str],
    /// Phrases that hold such a word and are harmless.
    harmless: &'static [&'static str],
    /// What makes all of a listing harmless when it is said anywhere.
    unless: &'static [&'static str],
}

#[rustfmt::skip]
const LISTS: [Words; 6] = [
    Words {
        rule: Rule::Medicines,
        named: &[
            "medicine", "medication", "meds", "paracetamol", "ibuprofen", "aspirin", "codeine", "antibiotic", "amoxicillin", "insulin",
            "inhaler", "ventolin", "calpol", "nurofen", "piriton", "epipen", "prescription", "painkiller", "viagra", "diazepam", "valium",
            "morphine", "tramadol", "statin", "antidepressant", "sleeping tablet", "sleeping pill", "pill", "cough syrup", "cough mixture",
            "eye drop", "antihistamine", "hay fever tablet", "laxative", "gaviscon", "lemsip", "cbd oil", "steroid cream", "hydrocortisone",
            "iron tablet", "nicotine patch", "methadone", "ozempic", "wegovy", "meddyginiaeth", "meddyginiaethau", "moddion", "tabledi",
        ],
        harmless: &[
            "medicine ball", "medicine cabinet", "medicine cupboard", "medicine trolley", "medicine pot", "medicine cup", "medicine spoon",
            "medicine safe", "medicine fridge", "medicine box", "medicine chest", "medicine tracker", "medicine syringe", "pill box",
            "pill organiser", "pill cutter", "pill crusher", "pill dispenser", "prescription glasses", "prescription sunglasses",
            "prescription swimming goggles", "prescription goggles", "inhaler spacer", "insulin bag", "insulin pouch", "insulin cool",
            "medication training", "medication box", "medication dispenser", "medication cabinet", "medication reminder",
            "medication chart", "prescription bag", "prescription pad",
        ],
        unless: &["history of medicine", "doctors and nurses set"],
    },
    Words {
        rule: Rule::Knives,
        named: &[
            "knife", "knives", "blade", "cleaver", "axe", "hatchet", "penknife", "billhook", "scalpel", "cyllell", "cyllyll", "bwyell",
            "sickle", "scythe", "cutthroat razor", "cut throat razor", "razor blade",
        ],
        harmless: &[
            "knife crime", "knife sharpener", "knife rack", "knife roll", "butter knife", "butter knives", "palette knife",
            "palette knives", "table knife", "table knives", "fish knives", "cake knife", "cheese knife", "plastic knives", "wooden knives",
            "saw blade", "mower blade", "lawnmower blade", "wiper blade", "fan blade", "rotor blade", "roller blade", "shoulder blade",
            "ice skate blade", "food processor blade", "blender blade", "blade of grass", "blades of grass", "knife amnesty",
            "axe throwing", "stick blade", "hockey blade", "paddle blade", "knife pleat", "turbine blade", "toy knife", "toy axe",
            "running blade", "oar blade", "dough knife",
        ],
        unless: &["fork", "cutlery", "ffyrc"],
    },
    Words {
        rule: Rule::Alcohol,
        named: &[
            "alcohol", "wine", "beer", "lager", "cider", "vodka", "whisky", "whiskey", "gin", "rum", "champagne", "prosecco", "cava",
            "brandy", "sherry", "liqueur", "baileys", "port wine", "bottle of port", "bottles of spirits", "real ale", "pale ale",
            "brown ale", "ale", "mead", "stout", "cwrw", "gwin", "seidr", "wisgi", "home brew", "homebrew", "alcopop", "bucks fizz",
            "mulled wine", "sloe gin", "pimms",
        ],
        harmless: &[
            "wine glass", "wine rack", "wine box", "wine crate", "wine bottle", "empty wine bottle", "wine cooler", "wine bag", "wine gum",
            "wine vinegar", "wine fridge", "beer glass", "beer mat", "beer garden", "beer festival", "beer crate", "beer tent",
            "beer barrel", "beer pump", "beer tray", "cider press", "cider apple", "cider vinegar", "cider glass", "champagne flute",
            "champagne glass", "champagne bucket", "champagne coloured", "alcohol free", "free alcohol", "alcohol gel", "alcohol wipe",
            "alcohol hand", "alcohol rub", "alcohol marker", "alcohol ink", "alcohol support", "alcohol recovery", "alcohol awareness",
            "alcohol misuse", "alcohol worker", "alcohol service", "drug and alcohol", "drugs and alcohol", "alcohol thermometer",
            "ginger beer", "ginger ale", "root beer", "dandelion and burdock", "brandy snap", "brandy glass", "rum baba", "rum and raisin",
            "gin rummy", "sherry glass", "gin glass", "sherry trifle", "beer bread", "beer batter", "wine making kit", "ale yeast",
            "stout shoes", "stout boots", "stout box", "stout shelves", "alcohol licence", "home brew kit", "home brew bucket",
            "homebrew kit", "homebrew bucket", "stout card", "stout cardboard", "stout bag", "stout brush", "stout pole", "alcohol swab",
        ],
        unless: &["alcohol free", "non alcoholic", "di alcohol"],
    },
    Words {
        rule: Rule::Tobacco,
        named: &[
            "cigarette", "tobacco", "cigar", "vape", "ecigarette", "vaping", "rizla", "rolling paper", "snus", "nicotine pouch", "shisha",
            "hookah", "snuff", "baco", "sigaret", "sigaretau", "tybaco", "fags", "e liquid", "cigarillo",
        ],
        harmless: &[
            "cigarette bin", "cigarette card", "cigar box", "vape detector", "tobacco tin", "cigarette end", "cigarette butt",
            "tobacco plant", "vape bin", "anti vaping", "tobacco pouch", "vape recycling", "cigarette case", "tobacco coloured",
            "tobacco brown", "cigar shaped", "snuff box", "candle snuff", "vaping awareness", "vaping leaflet", "vaping poster",
            "tobacco jar", "cigarette lighter socket", "cigarette lighter adapter", "cigarette lighter charger",
            "cigarette packet collection", "cigarette trousers", "vaping talk",
        ],
        unless: &["stop smoking", "quit smoking", "give up smoking", "smoking cessation", "chocolate cigarette", "candy cigarette"],
    },
    Words {
        rule: Rule::Weapons,
        named: &[
            "gun", "rifle", "pistol", "shotgun", "airgun", "revolver", "ammunition", "ammo", "crossbow", "sword", "dagger", "machete",
            "taser", "pepper spray", "knuckleduster", "firework", "sparkler", "grenade", "explosive", "airsoft", "katana", "bayonet", "gwn",
            "gynnau", "arfau", "cleddyf", "tan gwyllt", "bullet", "shell case", "catapult", "longbow", "flick knife", "butterfly knife",
            "zombie knife",
        ],
        harmless: &[
            "glue gun", "heat gun", "spray gun", "water gun", "water pistol", "nerf gun", "nail gun", "staple gun", "caulking gun",
            "mastic gun", "sealant gun", "silicone gun", "toy gun", "toy sword", "toy pistol", "foam sword", "plastic sword",
            "wooden sword", "cardboard sword", "inflatable sword", "massage gun", "label gun", "price gun", "pricing gun", "tagging gun",
            "grease gun", "cap gun", "bubble gun", "tape gun", "thermometer gun", "hot melt gun", "screw gun", "paint gun", "gun metal",
            "sword fern", "sword dance", "sword dancing", "sword dancer", "swordfish", "firework display", "fireworks display",
            "firework night", "fireworks night", "firework picture", "firework poster", "firework safety", "laser gun", "bullet point",
            "bullet journal", "bullet blender", "scanner gun", "ray gun", "gun dog", "starter gun", "barcode gun", "sparkler candle",
            "toy catapult", "magic bullet", "bullet planner", "rifle green", "foam gun", "laser tag gun", "steam gun", "soldering gun",
            "sugar gun", "wash gun", "washer gun", "snow gun", "confetti gun",
        ],
        unless: &[],
    },
    Words {
        rule: Rule::Money,
        named: &[
            "cash", "gift card", "gift voucher", "voucher", "lottery ticket", "scratchcard", "scratch card", "for sale", "bank transfer",
            "paypal", "bitcoin", "talebau", "ar werth", "loan of money", "lend us money", "lend money", "donation of money",
            "money towards", "money for", "fixed price", "best offer", "ono", "small charge", "asking price", "cheap", "must pay",
            "hire charge", "hire fee", "rental fee", "deposit of", "sponsor us", "financial donation", "funding for", "pay for",
            "per hour charge", "monetary donation", "funds for", "arian parod", "to sell",
        ],
        harmless: &[
            "cash box", "cash register", "cash tin", "cash bag", "cash and carry", "cash drawer", "cash tray", "cash till", "money advice",
            "voucher holder", "cash book", "not for sale", "cheap and cheerful", "petty cash book", "cash counting", "cash desk",
            "play cash", "toy cash", "cashmere",
        ],
        unless: &["funding advice", "help with funding bids"],
    },
];

/// Animals, living. Most such words in listings are about what belongs to an animal, or about meat.
#[rustfmt::skip]
const ANIMALS: [&str; 44] = [
    "puppy", "puppies", "pup", "kitten", "dog", "cat", "rabbit", "hamster", "guinea pig", "horse", "pony", "ponies", "hen", "chicken",
    "cockerel", "goat", "sheep", "lamb", "piglet", "goldfish", "tropical fish", "tortoise", "snake", "parrot", "budgie", "canary", "ferret",
    "gerbil", "duck", "duckling", "chick", "pet rat", "terrapin", "gecko", "donkey", "bearded dragon", "cath fach", "ci bach", "cwn bach",
    "ceffyl", "ieir", "bunny", "pigeon", "koi",
];

/// What an animal word is harmless with, when one of these comes next.
#[rustfmt::skip]
const BELONGINGS: [&str; 82] = [
    "food", "bed", "lead", "bowl", "basket", "crate", "hutch", "cage", "run", "coop", "house", "litter", "toy", "walk", "walking", "walker",
    "training", "trainer", "show", "wire", "manure", "box", "boxes", "flap", "carrier", "collar", "coat", "gate", "poo", "bag", "treat",
    "biscuit", "egg", "party", "race", "curry", "soup", "pie", "breast", "nugget", "thigh", "roast", "tail", "mat", "bedding", "feed",
    "shelter", "costume", "mask", "friendly", "sanctuary", "rescue", "charity", "club", "grooming", "guard", "jacket", "sitter", "sitting",
    "tank", "harness", "stairs", "ramp", "ark", "shed", "tape", "book", "drawing", "and", "shampoo", "brush", "ornament", "puzzle", "print",
    "blanket", "cushion", "stew", "drumstick", "burger", "dinner", "wool", "stock",
];

#[rustfmt::skip]
const ANIMAL_THINGS: [&str; 40] = [
    "guide dog", "hot dog", "clothes horse", "vaulting horse", "pommel horse", "rocking horse", "hobby horse", "saw horse", "hen party",
    "frozen chicken", "toy dog", "toy cat", "toy horse", "my little pony", "rubber duck", "plastic duck", "soft toy", "cats eye",
    "cat and mouse", "dog show", "duck tape", "teddy", "roast chicken", "cooked chicken", "whole chicken", "tinned chicken", "tinned duck",
    "assistance dog", "puppet", "sausage dog draught", "leg of lamb", "horse riding", "white horse", "black horse", "pub", "year of the",
    "stuffed", "wooden", "inflatable", "knitted",
];

#[rustfmt::skip]
const FRESH: [&str; 46] = [
    "homemade", "home made", "home cooked", "cooked", "hot meal", "leftover", "left over", "chilled", "frozen", "fresh milk", "raw", "meat",
    "mince", "fish", "shellfish", "poultry", "chicken", "turkey", "bacon", "ham", "sausage", "sandwich", "cream cake", "egg", "cheese",
    "yoghurt", "yogurt", "milk", "curry", "casserole", "baby formula", "out of date", "past its date", "past their date",
    "past best before", "opened", "buffet", "quiche", "pasties", "salad", "soup", "stew", "bwyd cartref", "wedi coginio", "short dated",
    "cawl",
];

#[rustfmt::skip]
const KEEPS: [&str; 44] = [
    "tin", "tinned", "tuniau", "canned", "can of", "dried", "uht", "long life", "longlife", "powdered", "packet", "instant", "cup a soup",
    "jar", "condensed", "evaporated", "coconut milk", "oat milk", "egg box", "egg cup", "egg timer", "unopened jar", "cheese grater",
    "fish tank", "milk bottle", "milk chocolate", "easter egg", "chocolate egg", "salad cream", "salad dressing", "soup mix", "soup spoon",
    "soup bowl", "stock cube", "fish food", "curry powder", "curry paste", "milk crate", "milk jug", "sausage roll tray", "sandwich bag",
    "sandwich box", "baked beans", "cereal",
];

#[rustfmt::skip]
const CAR_SEATS: [&str; 11] = [
    "car seat", "carseat", "booster seat", "isofix base", "isofix seat", "isofix", "child seat", "sedd car", "seddi car", "baby seat", "car booster",
];

#[rustfmt::skip]
const OTHER_SEATS: [&str; 15] = [
    "car seat cover", "car seat organiser", "car seat check", "car seat fitting", "car seat protector", "car seat toy", "bike seat",
    "toilet seat", "bike child seat", "cycle child seat", "car seat mirror", "child seat for a bike", "baby seat for a bike", "high chair",
    "child seat mounting",
];

#[rustfmt::skip]
const ELECTRICAL: [&str; 52] = [
    "kettle", "toaster", "microwave", "fridge", "freezer", "cooker", "oven", "washing machine", "tumble dryer", "dryer", "vacuum cleaner",
    "hoover", "lamp", "heater", "electric blanket", "laptop", "computer", "printer", "tv", "television", "extension lead",
    "extension cable", "urn", "projector", "sewing machine", "hairdryer", "hair dryer", "steam iron", "fan heater", "electric fan",
    "power tool", "electric drill", "cordless drill", "speaker", "amplifier", "pa system", "electric", "electrical", "slow cooker",
    "air fryer", "dishwasher", "dehumidifier", "monitor", "tegell", "oergell", "peiriant golchi", "power washer", "pressure washer",
    "food mixer", "blender", "strimmer", "fairy lights",
];

#[rustfmt::skip]
const NOT_ELECTRICAL: [&str; 46] = [
    "camping kettle", "stove top kettle", "whistling kettle", "gas cooker", "gas heater", "gas oven", "toy kettle", "toy cooker",
    "toy oven", "toy till", "lamp shade", "laptop bag", "laptop sleeve", "laptop stand", "laptop case", "printer paper", "printer ink",
    "printer cartridge", "tv stand", "tv unit", "tv bracket", "tv cabinet", "fridge magnet", "oven glove", "oven dish", "oven tray",
    "oven mitt", "computer desk", "computer chair", "computer table", "freezer bag", "freezer block", "oil lamp", "projector screen",
    "projector stand", "laptop table", "speaker stand", "monitor stand", "monitor arm", "electrical tape", "guest speaker", "kettle bell",
    "kettle barbecue", "computer book", "kettle drum", "microwave dish",
];

const TESTED: [&str; 11] = [
    "tested",
    "pat",
    "pat test",
    "brand new",
    "unused",
    "never used",
    "still sealed",
    "in its box",
    "newydd sbon",
    "in the box",
    "sealed box",
];

#[rustfmt::skip]
const LENT: [&str; 14] = [
    "to lend", "on loan", "can borrow", "may borrow", "could borrow", "to borrow", "for loan", "available to borrow", "can be borrowed",
    "i fenthyg", "ar fenthyg", "we lend", "lend out", "to be returned",
];

const NOT_LENT: [&str; 6] = ["student loan", "no longer on loan", "loan shark", "loan advice", "payday loan", "nothing to lend"];

/// What is about a thing and is not the thing.
#[rustfmt::skip]
const ABOUT: [&str; 14] = [
    "jigsaw", "book about", "book on", "books for", "poster about", "poster of", "picture of", "painting of", "history of", "model of",
    "soft toy", "cuddly toy", "ornament", "leaflet about",
];

/// What a draft names of the kinds that are regulated.
pub(super) fn find(draft: &Draft<'_>, texts: &Texts<'_>) -> Vec<Found> {
    let is_goods = matches!(draft.resource_type, "thing" | "food") && !texts.title.says(&ABOUT);
    let is_offer = draft.kind == Kind::Offer;
    let mut found: Vec<Found> = LISTS
        .iter()
        .filter(|list| (is_goods || list.rule == Rule::Money) && !texts.say(list.unless))
        .filter_map(|list| texts.find(list.rule, |text| Some(text.quote(text.names(list.named, list.harmless)?))))
        .collect();
    if !found.iter().any(|found| found.rule == Rule::Money) {
        found.extend(texts.find(Rule::Money, sum));
    }
    if draft.resource_type == "thing" && is_goods {
        found.extend(texts.find(Rule::Animals, animal));
    }
    if is_offer && draft.resource_type == "food" && !texts.title.says(&KEEPS) {
        found.extend(texts.find(Rule::Food, |text| Some(text.quote(text.names(&FRESH, &KEEPS).filter(|_| !text.says(&KEEPS))?))));
    }
    if is_offer && draft.resource_type == "thing" {
        found.extend(texts.find(Rule::CarSeats, |text| Some(text.quote(text.names(&CAR_SEATS, &OTHER_SEATS)?))));
        if !texts.say(&TESTED) && !texts.title.says(&["toy"]) {
            found.extend(texts.find(Rule::Electricals, |text| Some(text.quote(text.names(&ELECTRICAL, &NOT_ELECTRICAL)?))));
        }
    }
    if is_offer && is_lent(draft, texts) {
        let said = texts.find(Rule::Loans, |text| Some(text.quote(text.names(&LENT, &NOT_LENT)?)));
        found.push(said.unwrap_or_else(|| Found::missing(Rule::Loans, "/basis")));
    }
    found
}

/// Things and vehicles that are to come back. A room or an hour of somebody's time does by itself.
fn is_lent(draft: &Draft<'_>, texts: &Texts<'_>) -> bool {
    let lendable = matches!(draft.resource_type, "thing" | "transport");
    lendable && (draft.lends || texts.all().into_iter().any(|text| text.names(&LENT, &NOT_LENT).is_some()))
}

/// A living animal.
fn animal(text: &Text<'_>) -> Option<String> {
    let belongs =
        |end: usize| BELONGINGS.iter().any(|thing| is(text.word(end), thing)) && !text.words.get(end).is_some_and(|word| word.begins);
    let found = ANIMALS.iter().filter_map(|animal| text.names(&[*animal], &ANIMAL_THINGS).filter(|found| !belongs(found.end)));
    // "for dogs", "dogs welcome": whom something is for.
    let meant = found.filter(|found| {
        !matches!(text.before(found.start, 1), "for" | "any" | "your")
            && !matches!(text.word(found.end), "welcome" | "allowed" | "proof" | "shaped" | "owners")
    });
    meant.min_by_key(|found| found.start).map(|found| text.quote(found))
}

/// A sum of money that is asked or given: "£20", "20 pounds". What something cost or is worth, and what was raised, is no price.
fn sum(text: &Text<'_>) -> Option<String> {
    #[rustfmt::skip]
    const WORTH: [&str; 14] = [
        "worth", "cost", "costs", "value", "valued", "rrp", "raised", "paid", "saves", "save", "retails", "originally", "about", "around",
    ];
    let words: Vec<&str> = text.raw.split_whitespace().collect();
    let is_worth = |at: usize| {
        let before = words.get(at.saturating_sub(4)..at).unwrap_or_default();
        before.iter().any(|word| WORTH.contains(&word.to_lowercase().trim_matches(|c: char| !c.is_alphabetic())))
    };
    let sums = words.iter().enumerate().filter(|(at, word)| {
        let sterling = word.find('£').and_then(|sign| word.get(sign..)).is_some_and(|rest| rest.chars().any(|c| c.is_ascii_digit()));
        let pence = words.get(at + 1).is_some_and(|next| matches!(next.to_lowercase().trim_end_matches(['.', ',']), "pounds" | "quid"));
        let weighs = at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|before| before.eq_ignore_ascii_case("of"));
        let nothing = word.trim_start_matches('£').trim_matches(|c: char| !c.is_ascii_digit()).chars().all(|c| c == '0');
        !nothing && (sterling || (pence && !weighs && is_number(word)))
    });
    sums.filter(|(at, _)| !is_worth(*at)).map(|(_, word)| word.trim_matches(|c: char| matches!(c, '.' | ',' | '(' | ')')).to_owned()).next()
}
