//! What listings say: titles from the words that people use for a category (data/catalog/synonyms.csv), descriptions of usual length,
//! and what the program makes of both.

use std::collections::HashMap;

use gotit::{
    catalog::{Catalogue, seed},
    listings::service::search_text,
};

use super::{land::Category, random::Dice, tuples::text_array};

/// The share of titles with something before, and with something after, what it is about.
const DECORATED: f64 = 0.45;
/// Before what it is.
const QUALITIES: [&str; 40] = [
    "Good",
    "Old",
    "Nearly new",
    "Sturdy",
    "Clean",
    "Second-hand",
    "Blue",
    "Red",
    "Green",
    "White",
    "Large",
    "Small",
    "Vintage",
    "Children's",
    "Unopened",
    "Mixed",
    "Plain",
    "Heavy",
    "Light",
    "Wooden",
    "Plastic",
    "Metal",
    "Folding",
    "Portable",
    "Spare",
    "Surplus",
    "Refurbished",
    "Home-made",
    "Welsh",
    "Scottish",
    "Weekly",
    "Morning",
    "Evening",
    "Weekend",
    "Emergency",
    "Seasonal",
    "Christmas",
    "Winter",
    "Ladies’",
    "Men's",
];
/// After what it is.
const PURPOSES: [&str; 40] = [
    " for the summer fête",
    " for St Mary's café",
    " for O'Connor House",
    " for our youth club",
    " for the over-60s lunch",
    " for Ysgol Pen-y-Bryn",
    " for a community fridge",
    " for the children’s party",
    " (collect only)",
    ", hardly used",
    " for the hall",
    " for Siân's sewing group",
    " - needed soon",
    " for the crèche",
    " for the jumble sale",
    " for our allotment",
    " for a family of five",
    " for new arrivals",
    " for the toddler group",
    " for the pantomime",
    " for the vestry",
    " for Bronwen's choir",
    " for the Diwali evening",
    " for the Eid meal",
    " for the harvest supper",
    " for a refuge",
    " for the night shelter",
    " for the cricket pavilion",
    " for the scouts' camp",
    " for the repair café",
    " for a street party",
    " (two of them)",
    ", in its box",
    ", some rust",
    ", with instructions",
    " - any time",
    " for Zoë's dance class",
    " for the library",
    " for the ward",
    " for the bowls club",
];
/// What descriptions are put together from.
const CLAUSES: [&str; 26] = [
    "In good condition and ready to go",
    "Stored in the vestry, which is dry and locked",
    "We meet on Tuesdays and Thursdays in the church hall",
    "It has served us well for years",
    "We have had to move to a smaller room",
    "Somebody would have to fetch it with a van",
    "We can help to load and unload",
    "There is a ramp and a wide door at the side",
    "Left over from the spring fair",
    "It would make a great difference to the lunch club",
    "Our old one broke down in February",
    "For about thirty people each week",
    "A few scratches that nobody will mind",
    "Tested by our volunteer electrician",
    "Weekday mornings suit us best",
    "The café is open from ten to four",
    "Any colour and any age will do",
    "We would bring it back the same week",
    "Please say roughly how many",
    "From a home without pets or smokers",
    "Given to us by the naïve but generous owners of Le Château",
    "Mothers and toddlers would use it as well",
    "We're happy to share it with the group next door",
    "Ask at the desk when you come",
    "Clean and dry",
    "Thank you to everybody who has helped so far",
];

/// What one listing says, as the columns of its row.
#[derive(Debug)]
pub struct Text {
    pub title: String,
    pub description: String,
    /// The `words` column, as PostgreSQL keeps it.
    pub words: Vec<u8>,
    pub search_text: String,
}

/// Texts for each category, made once: ten million listings do not say ten million things, and folding words takes its time.
#[derive(Debug)]
pub struct Texts(Vec<Vec<Text>>);

impl Texts {
    /// About `total` texts, more of them for the popular categories. `shares` are positions in `categories`, with their weights.
    pub fn write(catalogue: &Catalogue, categories: &[Category], shares: &[(usize, u64)], total: u64, seed: u64) -> anyhow::Result<Self> {
        let terms = terms()?;
        let sum: u64 = shares.iter().map(|(_, weight)| weight).sum();
        let weights: HashMap<usize, u64> = shares.iter().copied().collect();
        let texts = categories.iter().enumerate().map(|(number, category)| {
            let share = weights.get(&number).map_or(0, |weight| total * weight / sum);
            let own = terms.get(&category.slug).map_or([].as_slice(), Vec::as_slice);
            let mut dice = Dice::of(seed ^ 0x7e87, number as u64);
            (0..share.max(4)).map(|_| text(catalogue, category, own, &mut dice)).collect()
        });
        Ok(Self(texts.collect()))
    }

    /// A text for the category at a position.
    pub fn about(&self, category: usize, dice: &mut Dice) -> &Text {
        dice.pick(&self.0[category])
    }
}

/// The words of the synonyms file by the slug of their category.
fn terms() -> anyhow::Result<HashMap<String, Vec<String>>> {
    let mut terms: HashMap<String, Vec<String>> = HashMap::new();
    for row in csv::Reader::from_reader(seed::SYNONYMS.as_bytes()).records() {
        let row = row?;
        // Titles have three letters at least; "mc" has not.
        if let (Some(term), Some(category)) = (row.get(0).filter(|term| term.chars().count() >= 3), row.get(2)) {
            terms.entry(category.to_owned()).or_default().push(term.to_owned());
        }
    }
    Ok(terms)
}

fn text(catalogue: &Catalogue, category: &Category, terms: &[String], dice: &mut Dice) -> Text {
    let title = title(category, terms, dice);
    let mut clauses = CLAUSES;
    dice.shuffle(&mut clauses);
    let description = clauses[..dice.between(2, 5) as usize].join(". ") + ".";
    let words: Vec<String> = catalogue.lexicon.words(&title).into_iter().collect();
    Text { words: text_array(&words), search_text: search_text(catalogue, &title, &description), title, description }
}

fn title(category: &Category, terms: &[String], dice: &mut Dice) -> String {
    let thing = if terms.is_empty() || dice.chance(0.02) { category.name.to_lowercase() } else { dice.pick(terms).clone() };
    let also = if dice.chance(0.1) && terms.len() > 1 { format!(" and {}", dice.pick(terms)) } else { String::new() };
    let quality = match category.is_leaf() {
        true if dice.chance(DECORATED) => *dice.pick(&QUALITIES),
        true => "",
        false => "Any",
    };
    let purpose = if dice.chance(DECORATED) { *dice.pick(&PURPOSES) } else { "" };
    let title = format!("{quality} {thing}{also}{purpose}");
    let mut letters = title.trim_start().chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).take(120).collect()
}
