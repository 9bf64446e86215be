//! One column of integers in chunks. A full chunk is packed: it keeps its least value, and of each
//! value only how far above that it is, in as few bytes as the largest distance needs. Growing
//! neither copies what is there nor needs twice its room, and a random value is still one division
//! and two reads away.

/// Rows of one chunk, as a power of two, 64 at least. Tests use small chunks to cross their borders.
#[cfg(not(test))]
const CHUNK_BITS: u32 = 13;
#[cfg(test)]
const CHUNK_BITS: u32 = 6;
pub(super) const CHUNK_ROWS: usize = 1 << CHUNK_BITS;
const IN_CHUNK: usize = CHUNK_ROWS - 1;

/// Rows are compared with each of so many values rather than looked up one by one.
const FEW: usize = 12;

/// What a column can hold.
pub(super) trait Cell: Copy + Default + Ord {
    /// As the widest of them.
    fn wide(self) -> i64;
    /// Back; `wide` came from a value of this type.
    fn narrow(wide: i64) -> Self;
}

impl Cell for i64 {
    fn wide(self) -> i64 {
        self
    }

    fn narrow(wide: i64) -> Self {
        wide
    }
}

impl Cell for u32 {
    fn wide(self) -> i64 {
        i64::from(self)
    }

    fn narrow(wide: i64) -> Self {
        wide as Self
    }
}

/// The values of a full chunk.
#[derive(Clone, Debug)]
struct Chunk {
    /// The least of them.
    base: i64,
    above: Above,
}

/// How far above the least value each is.
#[derive(Clone, Debug)]
enum Above {
    /// All are the same.
    None,
    One(Box<[u8]>),
    Two(Box<[[u8; 2]]>),
    Three(Box<[[u8; 3]]>),
    Four(Box<[[u8; 4]]>),
    Eight(Box<[[u8; 8]]>),
}

/// A number of `N` bytes.
#[inline]
fn number<const N: usize>(bytes: [u8; N]) -> u64 {
    let mut all = [0; 8];
    if let Some(low) = all.first_chunk_mut::<N>() {
        *low = bytes;
    }
    u64::from_le_bytes(all)
}

/// The low `N` bytes of each distance from `base`.
fn distances<T: Cell, const N: usize>(values: &[T], base: i64) -> Box<[[u8; N]]> {
    let low = |value: &T| {
        let distance = value.wide().wrapping_sub(base) as u64;
        distance.to_le_bytes().first_chunk::<N>().copied().unwrap_or([0; N])
    };
    values.iter().map(low).collect()
}

impl Chunk {
    fn pack<T: Cell>(values: &[T]) -> Self {
        // Compared as what they are: processors do several narrow ones at once.
        let first = values.first().copied().unwrap_or_default();
        let least = values.iter().fold(first, |least, &value| least.min(value));
        let most = values.iter().fold(first, |most, &value| most.max(value));
        let (base, highest) = (least.wide(), most.wide());
        let span = highest.wrapping_sub(base) as u64;
        let above = match span.checked_ilog2().map_or(0, |bits| bits / 8 + 1) {
            0 => Above::None,
            1 => {
                let low = |value: &T| value.wide().wrapping_sub(base) as u8;
                Above::One(values.iter().map(low).collect())
            }
            2 => Above::Two(distances(values, base)),
            3 => Above::Three(distances(values, base)),
            4 => Above::Four(distances(values, base)),
            _ => Above::Eight(distances(values, base)),
        };
        Self { base, above }
    }

    /// How far above the least value one is.
    #[inline]
    fn above(&self, at: usize) -> Option<u64> {
        Some(match &self.above {
            Above::None => 0,
            Above::One(above) => u64::from(*above.get(at)?),
            Above::Two(above) => number(*above.get(at)?),
            Above::Three(above) => number(*above.get(at)?),
            Above::Four(above) => number(*above.get(at)?),
            Above::Eight(above) => number(*above.get(at)?),
        })
    }

    /// The same in one copy, for widths that are rare.
    #[inline(never)]
    fn any_above(&self, at: usize) -> u64 {
        self.above(at).unwrap_or(0)
    }

    #[inline]
    fn get(&self, at: usize) -> Option<i64> {
        Some(self.base.wrapping_add(self.above(at)? as i64))
    }

    /// Appends the values.
    fn unpack<T: Cell>(&self, out: &mut Vec<T>) {
        let value = |above: u64| T::narrow(self.base.wrapping_add(above as i64));
        match &self.above {
            Above::None => out.extend(std::iter::repeat_n(value(0), CHUNK_ROWS)),
            Above::One(above) => out.extend(above.iter().map(|&a| value(u64::from(a)))),
            Above::Two(above) => out.extend(above.iter().map(|&a| value(number(a)))),
            Above::Three(above) => out.extend(above.iter().map(|&a| value(number(a)))),
            Above::Four(above) => out.extend(above.iter().map(|&a| value(number(a)))),
            Above::Eight(above) => out.extend(above.iter().map(|&a| value(number(a)))),
        }
    }

    /// Appends what a table says of each value; of those it does not hold, `absent`.
    fn look_up(&self, table: &[u8], absent: u8, out: &mut Vec<u8>) {
        let of = |above: u64| {
            let value = usize::try_from(self.base.wrapping_add(above as i64)).unwrap_or(usize::MAX);
            table.get(value).copied().unwrap_or(absent)
        };
        match &self.above {
            Above::One(above) => {
                let mut near = [absent; 256];
                (0..).zip(&mut near).for_each(|(above, slot)| *slot = of(above));
                let others = (0..=u8::MAX).zip(near).filter(|(_, says)| *says != absent);
                if others.clone().count() > FEW {
                    return out.extend(above.iter().map(|&above| near[usize::from(above)]));
                }
                // Few values: all rows are compared with each, many at a time.
                let others: Vec<(u8, u8)> = others.collect();
                for part in above.as_chunks::<64>().0 {
                    let mut says = [absent; 64];
                    for &(value, what) in &others {
                        for (says, here) in says.iter_mut().zip(part) {
                            *says = if *here == value { what } else { *says };
                        }
                    }
                    out.extend_from_slice(&says);
                }
            }
            Above::Two(above) => out.extend(above.iter().map(|&a| of(number(a)))),
            // Wider ones are rare among what is numbered.
            _ => out.extend((0..CHUNK_ROWS).map(|at| of(self.any_above(at)))),
        }
    }

    /// Tells the places of a value.
    fn find(&self, value: i64, tell: &mut dyn FnMut(usize)) {
        let above = value.wrapping_sub(self.base) as u64;
        let [one, two, ..] = above.to_le_bytes();
        match &self.above {
            Above::One(all) if above <= 0xff => memchr::memchr_iter(one, all).for_each(tell),
            Above::Two(all) if above <= 0xffff => {
                let low = memchr::memchr_iter(one, all.as_flattened()).filter(|at| at % 2 == 0);
                low.map(|at| at / 2).filter(|&at| all.get(at) == Some(&[one, two])).for_each(tell);
            }
            Above::One(_) | Above::Two(_) => {}
            _ => (0..CHUNK_ROWS).filter(|&at| self.any_above(at) == above).for_each(tell),
        }
    }

    /// Bytes of memory beside the chunk itself.
    fn heap_bytes(&self) -> usize {
        CHUNK_ROWS
            * match &self.above {
                Above::None => 0,
                Above::One(_) => 1,
                Above::Two(_) => 2,
                Above::Three(_) => 3,
                Above::Four(_) => 4,
                Above::Eight(_) => 8,
            }
    }
}

/// A growing array of integers.
#[derive(Clone, Debug, Default)]
pub(super) struct Column<T> {
    chunks: Vec<Chunk>,
    /// The values after the last full chunk.
    open: Vec<T>,
}

impl<T: Cell> Column<T> {
    /// Appends the values of rows.
    pub fn extend<R>(&mut self, mut rows: &[R], value: impl Fn(&R) -> T) {
        while !rows.is_empty() {
            let room = CHUNK_ROWS - self.open.len();
            let (now, later) = rows.split_at_checked(room).unwrap_or((rows, &[]));
            self.open.extend(now.iter().map(&value));
            if self.open.len() == CHUNK_ROWS {
                self.chunks.push(Chunk::pack(&self.open));
                self.open.clear();
            }
            rows = later;
        }
    }

    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK_ROWS + self.open.len()
    }

    /// The value of a row; the default for a row past the end.
    #[inline]
    pub fn get(&self, row: usize) -> T {
        let at = row & IN_CHUNK;
        let value = match self.chunks.get(row >> CHUNK_BITS) {
            Some(chunk) => chunk.get(at).map(T::narrow),
            None if row >> CHUNK_BITS == self.chunks.len() => self.open.get(at).copied(),
            None => None,
        };
        value.unwrap_or_default()
    }

    /// All values, in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        (0..=self.chunks.len()).flat_map(|number| {
            let mut values = Vec::new();
            self.chunk(number, &mut values);
            values
        })
    }

    /// Fills `out` with the values of the rows from `number` × [`CHUNK_ROWS`] on, as many as a
    /// chunk has; fewer at the end.
    pub fn chunk(&self, number: usize, out: &mut Vec<T>) {
        out.clear();
        match self.chunks.get(number) {
            Some(chunk) => chunk.unpack(out),
            None if number == self.chunks.len() => out.extend_from_slice(&self.open),
            None => {}
        }
    }

    /// Between which two the values of a full chunk are, as its packing tells.
    pub fn bounds(&self, number: usize) -> Option<(i64, i64)> {
        let Chunk { base, above } = self.chunks.get(number)?;
        let most = match above {
            Above::None => 0,
            Above::One(_) => 0xff,
            Above::Two(_) => 0xffff,
            Above::Three(_) => 0xff_ffff,
            Above::Four(_) | Above::Eight(_) => return None,
        };
        Some((*base, base.saturating_add(most)))
    }

    /// Tells the places of a value in a chunk, in order.
    pub fn find(&self, number: usize, value: T, tell: &mut dyn FnMut(usize)) {
        match self.chunks.get(number) {
            Some(chunk) => chunk.find(value.wide(), tell),
            None if number == self.chunks.len() => {
                (0..)
                    .zip(&self.open)
                    .filter(|(_, other)| **other == value)
                    .for_each(|(at, _)| tell(at));
            }
            None => {}
        }
    }

    /// The rows that have a value, in order.
    pub fn places_of(&self, value: T) -> Vec<u32> {
        let mut places = Vec::new();
        for number in 0..=self.chunks.len() {
            let first = number * CHUNK_ROWS;
            self.find(number, value, &mut |at| places.push((first + at) as u32));
        }
        places
    }

    /// Fills `out` with what a table says of each row of a chunk; of values it does not hold,
    /// `absent`.
    pub fn look_up(&self, number: usize, table: &[u8], absent: u8, out: &mut Vec<u8>) {
        out.clear();
        match self.chunks.get(number) {
            Some(chunk) => chunk.look_up(table, absent, out),
            None if number == self.chunks.len() => {
                let of = |value: &T| table.get(value.wide() as usize).copied().unwrap_or(absent);
                out.extend(self.open.iter().map(of));
            }
            None => {}
        }
    }

    /// Cuts off the rows from `row` on. The answer begins with the chunk that `row` lies in, all of
    /// it.
    pub fn split_off(&mut self, row: usize) -> Self {
        let first = row >> CHUNK_BITS;
        let chunks = self.chunks.split_off(first.min(self.chunks.len()));
        let cut = Self { chunks, open: std::mem::take(&mut self.open) };
        cut.chunk(0, &mut self.open);
        self.open.truncate(row & IN_CHUNK);
        cut
    }

    /// Moves the values of a chunk out, which frees its memory.
    pub fn take_chunk(&mut self, number: usize, out: &mut Vec<T>) {
        self.chunk(number, out);
        match self.chunks.get_mut(number) {
            Some(chunk) => chunk.above = Above::None,
            None => self.open = Vec::new(),
        }
    }

    /// Bytes of memory it takes.
    pub fn heap_bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(Chunk::heap_bytes).sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>() + self.open.capacity() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values whose distances need every number of bytes there is, chunk by chunk.
    fn values() -> Vec<i64> {
        let spans = [0, 1, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, 0xffff_ffff];
        let mut values = Vec::new();
        for (i, span) in spans.into_iter().chain([0x1_0000_0000, i64::MAX]).enumerate() {
            let base = [0, -7, i64::MIN, 1 << 40][i % 4];
            values.extend((0..CHUNK_ROWS as i64).map(|at| base.wrapping_add(span / 63 * at)));
            *values.last_mut().expect("one") = base.wrapping_add(span);
        }
        values.extend([i64::MIN, i64::MAX, 0]);
        values
    }

    #[test]
    fn values_come_back_whatever_their_width() {
        let values = values();
        let mut column = Column::default();
        for part in values.chunks(7) {
            column.extend(part, |value| *value);
        }
        assert_eq!(column.len(), values.len());
        assert!((0..values.len()).all(|row| column.get(row) == values[row]));
        assert_eq!(column.get(values.len()), 0, "past the end is the default");
        assert!(column.iter().eq(values.iter().copied()));
        let mut chunk = Vec::new();
        column.chunk(1, &mut chunk);
        assert_eq!(chunk, values[CHUNK_ROWS..2 * CHUNK_ROWS]);
    }

    #[test]
    fn rows_are_looked_up_and_found_by_value() {
        for (count, spread) in [(3, 1), (40, 1), (200, 7), (9, 1_000), (5, 100_000)] {
            let rows = CHUNK_ROWS as u32 * 3 + 5;
            let value = |row: u32| 7 + (row * row % count) * spread;
            let mut column = Column::<u32>::default();
            column.extend(&(0..rows).map(value).collect::<Vec<_>>(), |value| *value);
            let says = |value: u32| if value < 400_000 { (value / spread % 3) as u8 } else { 9 };
            let table: Vec<u8> = (0..400_000).map(says).collect();
            let mut looked_up = Vec::new();
            for number in 0..=3 {
                let mut out = Vec::new();
                column.look_up(number, &table, 9, &mut out);
                looked_up.extend(out);
            }
            assert!(looked_up.iter().copied().eq((0..rows).map(|row| says(value(row)))));
            for sought in [value(2), value(rows - 1), 3] {
                let places: Vec<u32> = (0..rows).filter(|&row| value(row) == sought).collect();
                assert_eq!(column.places_of(sought), places);
            }
        }
    }

    #[test]
    fn a_column_is_cut_and_grows_again() {
        let values = values();
        for row in 0..=values.len() {
            let mut column = Column::default();
            column.extend(&values, |value| *value);
            let mut cut = column.split_off(row);
            assert!(column.iter().eq(values[..row].iter().copied()), "at {row}");
            let (mut taken, mut chunk) = (Vec::new(), Vec::new());
            for number in 0..=cut.len() / CHUNK_ROWS {
                cut.take_chunk(number, &mut chunk);
                taken.extend_from_slice(&chunk);
            }
            assert_eq!(taken, values[row / CHUNK_ROWS * CHUNK_ROWS..], "at {row}");
            column.extend(&values[row..], |value| *value);
            assert!(column.iter().eq(values.iter().copied()), "at {row}");
        }
    }

    #[test]
    fn narrow_values_take_little_memory() {
        let mut column = Column::<u32>::default();
        let values: Vec<u32> = (0..CHUNK_ROWS as u32 * 2).map(|row| 1_000_000 + row % 4).collect();
        column.extend(&values, |value| *value);
        let open = column.open.capacity() * 4 + column.chunks.capacity() * size_of::<Chunk>();
        assert_eq!(column.heap_bytes() - open, CHUNK_ROWS * 2, "a byte each");
    }
}
