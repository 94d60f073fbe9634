//! Where each row of a long list begins, though every row has another height.
//!
//! A Fenwick tree: changing one height, finding the row at an offset and the
//! offset of a row all take the logarithm of the number of rows. Heights are whole
//! pixels, so that sums over 100,000 rows are exact. The original let Tk lay out
//! the whole text at every message.

/// Heights of rows, in pixels, and their running sums.
#[derive(Clone, Debug, Default)]
pub struct Heights {
    rows: Vec<u32>,
    /// `sums[i]` covers the rows before `i + 1` back to where the lowest bit of `i + 1` is cleared.
    sums: Vec<u64>,
    total: u64,
}

impl FromIterator<u32> for Heights {
    fn from_iter<I: IntoIterator<Item = u32>>(heights: I) -> Self {
        let rows: Vec<u32> = heights.into_iter().collect();
        let mut sums: Vec<u64> = rows.iter().map(|&height| u64::from(height)).collect();
        for index in 0..sums.len() {
            let parent = index | (index + 1);
            if parent < sums.len() {
                sums[parent] += sums[index];
            }
        }
        let total = rows.iter().map(|&height| u64::from(height)).sum();
        Self { rows, sums, total }
    }
}

impl Heights {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The height of all rows together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The height of one row.
    ///
    /// # Panics
    ///
    /// There is no such row.
    #[must_use]
    pub fn height(&self, row: usize) -> u32 {
        self.rows[row]
    }

    /// Adds a row at the end.
    pub fn push(&mut self, height: u32) {
        let index = self.rows.len();
        // What the new node covers besides its own row: the nodes just before it.
        let mut sum = u64::from(height);
        let covered_from = index & (index + 1);
        let mut end = index;
        while end > covered_from {
            sum += self.sums[end - 1];
            end &= end - 1;
        }
        self.rows.push(height);
        self.sums.push(sum);
        self.total += u64::from(height);
    }

    /// Gives a row another height.
    ///
    /// # Panics
    ///
    /// There is no such row.
    pub fn set(&mut self, row: usize, height: u32) {
        let before = std::mem::replace(&mut self.rows[row], height);
        if before == height {
            return;
        }
        let change = |sum: u64| sum - u64::from(before) + u64::from(height);
        self.total = change(self.total);
        let mut index = row;
        while index < self.sums.len() {
            self.sums[index] = change(self.sums[index]);
            index |= index + 1;
        }
    }

    /// How far below the top of the first row `row` begins.
    ///
    /// # Panics
    ///
    /// There are fewer than `row` rows.
    #[must_use]
    pub fn before(&self, row: usize) -> u64 {
        let mut sum = 0;
        let mut end = row;
        while end > 0 {
            sum += self.sums[end - 1];
            end &= end - 1;
        }
        sum
    }

    /// The row that covers `offset`, and how far below its top that is; the last
    /// row for an offset beyond the end, `None` without rows.
    #[must_use]
    pub fn row_at(&self, offset: u64) -> Option<(usize, u64)> {
        let last = self.rows.len().checked_sub(1)?;
        let (mut row, mut rest) = (0, offset);
        let mut step = self.rows.len().next_power_of_two();
        while step > 0 {
            let next = row + step;
            if next <= self.rows.len() && self.sums[next - 1] <= rest {
                row = next;
                rest -= self.sums[next - 1];
            }
            step /= 2;
        }
        if row > last {
            return Some((last, rest + u64::from(self.rows[last])));
        }
        Some((row, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Change {
        Push(u32),
        Set(usize, u32),
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            (0_u32..50).prop_map(Change::Push),
            (any::<usize>(), 0_u32..50).prop_map(|(row, height)| Change::Set(row, height)),
        ]
    }

    /// The row at `offset`, found by walking.
    fn walk(rows: &[u32], offset: u64) -> Option<(usize, u64)> {
        let mut rest = offset;
        for (row, &height) in rows.iter().enumerate() {
            if rest < u64::from(height) {
                return Some((row, rest));
            }
            rest -= u64::from(height);
        }
        let last = rows.len().checked_sub(1)?;
        Some((last, rest + u64::from(rows[last])))
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_list_that_is_walked(
            start in proptest::collection::vec(0_u32..50, 0..40),
            changes in proptest::collection::vec(change(), 0..60),
            offset in 0_u64..3000,
        ) {
            let mut naive = start.clone();
            let mut heights: Heights = start.into_iter().collect();
            for change in changes {
                match change {
                    Change::Push(height) => {
                        naive.push(height);
                        heights.push(height);
                    }
                    Change::Set(row, height) if !naive.is_empty() => {
                        let row = row % naive.len();
                        naive[row] = height;
                        heights.set(row, height);
                    }
                    Change::Set(..) => {}
                }
                prop_assert_eq!(heights.len(), naive.len());
                prop_assert_eq!(heights.row_at(offset), walk(&naive, offset));
                for row in 0..=naive.len() {
                    let sum: u64 = naive[..row].iter().map(|&height| u64::from(height)).sum();
                    prop_assert_eq!(heights.before(row), sum);
                }
                prop_assert_eq!(heights.total(), heights.before(naive.len()));
            }
        }
    }

    #[test]
    fn an_empty_list_has_no_row_anywhere() {
        let heights = Heights::default();
        assert!(heights.is_empty());
        assert_eq!(heights.row_at(7), None);
        assert_eq!(heights.total(), 0);
    }

    #[test]
    fn rows_of_no_height_are_passed_over() {
        let heights: Heights = [0, 0, 5, 0, 5].into_iter().collect();
        assert_eq!(heights.row_at(0), Some((2, 0)));
        assert_eq!(heights.row_at(5), Some((4, 0)));
        assert_eq!(heights.row_at(10), Some((4, 5)));
    }
}
