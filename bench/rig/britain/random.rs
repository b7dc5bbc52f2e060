//! Chance that is the same on every machine and in every version: a seed in, numbers out. Not for secrets.

/// A source of numbers: SplitMix64 (Steele, Lea, Flood 2014). Written out so that no new version of a library makes another Britain.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The dice of one thing: the same seed and the same number give the same throws.
    pub fn of(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        (wide >> 64) as u64
    }

    /// A whole number of the range, ends included.
    pub fn between(&mut self, least: i32, most: i32) -> i32 {
        let span = i64::from(most) - i64::from(least) + 1;
        least + self.below(span.unsigned_abs()) as i32
    }

    /// A number from 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// True that share of the time.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of the items, each as likely as the others. There must be one.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Brings items into any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// Items, each with a weight. There is at least one, and the weights are not all 0.
#[derive(Debug, Clone)]
pub struct Weighted<T> {
    items: Vec<T>,
    /// The sum of the weights up to and with each item.
    sums: Vec<u64>,
}

impl<T> FromIterator<(T, u64)> for Weighted<T> {
    fn from_iter<I: IntoIterator<Item = (T, u64)>>(given: I) -> Self {
        let (mut items, mut sums, mut sum) = (Vec::new(), Vec::new(), 0);
        for (item, weight) in given {
            sum += weight;
            items.push(item);
            sums.push(sum);
        }
        Self { items, sums }
    }
}

impl<T> Weighted<T> {
    /// An item, as likely as it is heavy.
    pub fn pick(&self, dice: &mut Dice) -> &T {
        let roll = dice.below(self.sums.last().copied().unwrap_or_default());
        &self.items[self.sums.partition_point(|sum| *sum <= roll)]
    }
}
