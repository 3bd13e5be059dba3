//! From bytes to instructions: protocols 0 to 5, as far as plain data need them.

use std::ops::Range;

use super::value::Value;

/// An instruction of the machine. Those of Python that do the same here are one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Instruction {
    Nothing,
    Stop,
    Push(Value),
    Mark,
    Pop,
    PopMark,
    Dup,
    /// An empty list, tuple or set.
    Sequence,
    /// One of all since the mark.
    SequenceOfMark,
    Tuple(usize),
    Dict,
    DictOfMark,
    Append,
    Appends,
    SetItem,
    SetItems,
    Global(Range<usize>, Range<usize>),
    StackGlobal,
    Reduce,
    NewObject,
    NewObjectWithKeywords,
    Build,
    Put(usize),
    Memoize,
    Get(usize),
    Persistent,
}

/// The bytes of a pickle, read from the front.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8], at: usize) -> Self {
        Self { input, at }
    }

    /// The place of the next byte.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn take(&mut self, length: usize) -> Result<Range<usize>, String> {
        let end = self.at.checked_add(length);
        match end.filter(|&end| end <= self.input.len()) {
            Some(end) => {
                let range = self.at..end;
                self.at = end;
                Ok(range)
            }
            None => Err(format!(
                "the pickle ends early: {length} bytes are announced at byte {}, {} follow",
                self.at,
                self.input.len().saturating_sub(self.at)
            )),
        }
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], String> {
        let range = self.take(length)?;
        Ok(&self.input[range])
    }

    /// A number without a sign of up to 8 bytes, the lowest first.
    fn number(&mut self, length: usize) -> Result<usize, String> {
        let bytes = self.bytes(length)?;
        let number = (bytes.iter().rev()).fold(0_u64, |all, &byte| all << 8 | u64::from(byte));
        Ok(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// A run of bytes after its length.
    fn counted(&mut self, length: usize) -> Result<Range<usize>, String> {
        let count = self.number(length)?;
        self.take(count)
    }

    /// The rest of a line.
    fn line(&mut self) -> Result<Range<usize>, String> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|&byte| byte == b'\n') else {
            return Err(format!(
                "the pickle ends early, in a line at byte {}",
                self.at
            ));
        };
        let line = self.at..self.at + length;
        self.at += length + 1;
        Ok(line)
    }

    /// A whole number in two's complement, the lowest byte first.
    fn long(&mut self, length: usize) -> Result<Value, String> {
        let bytes = self.bytes(length)?;
        if bytes.len() > 8 {
            return Ok(Value::OtherNumber);
        }
        let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        Ok(Value::Int(i64::from_le_bytes(whole)))
    }

    /// A number in a line of digits, as protocol 0 writes it.
    fn digits(&mut self) -> Result<Value, String> {
        let line = self.line()?;
        let text = std::str::from_utf8(&self.input[line]).unwrap_or_default();
        Ok(match text {
            "00" => Value::Bool(false),
            "01" => Value::Bool(true),
            text => match text.trim_end_matches('L').parse() {
                Ok(number) => Value::Int(number),
                Err(_) => Value::OtherNumber,
            },
        })
    }

    /// The number of a line.
    fn key(&mut self) -> Result<usize, String> {
        match self.digits()? {
            Value::Int(number) => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
            Value::Bool(one) => Ok(one.into()),
            _ => Err(format!(
                "no number in the line before byte {} of the pickle",
                self.at
            )),
        }
    }

    /// A text in quotes on a line.
    fn quoted(&mut self) -> Result<Range<usize>, String> {
        let line = self.line()?;
        match line.len() >= 2 {
            true => Ok(line.start + 1..line.end - 1),
            false => Ok(line),
        }
    }

    /// The next instruction.
    ///
    /// # Errors
    /// In words: the end of the input, or an instruction that plain data do not need.
    pub(super) fn next(&mut self) -> Result<Instruction, String> {
        use Instruction as I;
        let at = self.at;
        let [code] = *self.bytes(1)? else {
            return Err("the pickle ends early".to_owned());
        };
        Ok(match code {
            b'.' => I::Stop,
            b'(' => I::Mark,
            b'0' => I::Pop,
            b'1' => I::PopMark,
            b'2' => I::Dup,
            b']' | b')' | 0x8f => I::Sequence,
            b'l' | b't' | 0x91 => I::SequenceOfMark,
            0x85..=0x87 => I::Tuple(usize::from(code - 0x84)),
            b'}' => I::Dict,
            b'd' => I::DictOfMark,
            b'a' => I::Append,
            b'e' | 0x90 => I::Appends,
            b's' => I::SetItem,
            b'u' => I::SetItems,
            b'c' => I::Global(self.line()?, self.line()?),
            0x93 => I::StackGlobal,
            b'R' => I::Reduce,
            0x81 => I::NewObject,
            0x92 => I::NewObjectWithKeywords,
            b'b' => I::Build,
            b'p' => I::Put(self.key()?),
            b'q' => I::Put(self.number(1)?),
            b'r' => I::Put(self.number(4)?),
            0x94 => I::Memoize,
            b'g' => I::Get(self.key()?),
            b'h' => I::Get(self.number(1)?),
            b'j' => I::Get(self.number(4)?),
            b'Q' => I::Persistent,
            0x80 => self.skip(1)?,
            0x95 => self.skip(8)?,
            _ => I::Push(self.constant(code, at)?),
        })
    }

    fn skip(&mut self, length: usize) -> Result<Instruction, String> {
        self.take(length)?;
        Ok(Instruction::Nothing)
    }

    /// A value that stands in the instruction.
    fn constant(&mut self, code: u8, at: usize) -> Result<Value, String> {
        Ok(match code {
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'K' => self.unsigned(1)?,
            b'M' => self.unsigned(2)?,
            b'J' => self.long(4)?,
            0x8a => {
                let length = self.number(1)?;
                self.long(length)?
            }
            0x8b => {
                let length = self.number(4)?;
                self.long(length)?
            }
            b'I' | b'L' => self.digits()?,
            b'G' => {
                self.take(8)?;
                Value::OtherNumber
            }
            b'F' => {
                self.line()?;
                Value::OtherNumber
            }
            b'U' | b'C' | 0x8c => Value::Text(self.counted(1)?),
            b'T' | b'B' | b'X' => Value::Text(self.counted(4)?),
            0x8d | 0x8e | 0x96 => Value::Text(self.counted(8)?),
            b'V' => Value::Text(self.line()?),
            b'S' => Value::Text(self.quoted()?),
            other => {
                return Err(format!(
                    "instruction {other:#04x} at byte {at} of the pickle is none that weights need"
                ));
            }
        })
    }

    fn unsigned(&mut self, length: usize) -> Result<Value, String> {
        let number = self.number(length)?;
        Ok(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}
