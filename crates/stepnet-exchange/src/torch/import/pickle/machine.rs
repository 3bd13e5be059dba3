//! The machine's state, and the instructions that work on its stack.

use std::collections::HashMap;
use std::ops::Range;

use super::names;
use super::opcodes::{Instruction, Reader};
use super::value::{Object, StorageRef, Value};

/// The most instructions of a pickle. Weights' files have thousands; each costs memory.
const MOST_INSTRUCTIONS: usize = 1 << 20;

/// A pickle that was read.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    input: &'a [u8],
    objects: Vec<Object>,
    /// What the pickle is as a whole.
    pub(crate) root: Value,
    /// Where the input goes on after it.
    pub(crate) end: usize,
}

impl<'a> Pickle<'a> {
    /// An object of the arena.
    pub(crate) fn object(&self, value: &Value) -> Option<&Object> {
        match value {
            Value::Object(number) => self.objects.get(*number),
            _ => None,
        }
    }

    /// A part of the input as a text.
    pub(crate) fn span(&self, range: &Range<usize>) -> &'a str {
        let bytes = self.input.get(range.clone()).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or("(not in UTF-8)")
    }

    /// A value that is a text.
    pub(crate) fn text(&self, value: &Value) -> Option<&'a str> {
        match value {
            Value::Text(range) => std::str::from_utf8(self.input.get(range.clone())?).ok(),
            _ => None,
        }
    }

    /// The entries of a list or a tuple.
    pub(crate) fn sequence(&self, value: &Value) -> Option<&[Value]> {
        match self.object(value)? {
            Object::Sequence(values) => Some(values),
            _ => None,
        }
    }

    /// All storages that the pickle names.
    pub(crate) fn storages(&self) -> impl Iterator<Item = &StorageRef> {
        self.objects.iter().filter_map(|object| match object {
            Object::Storage(storage) => Some(storage),
            _ => None,
        })
    }

    /// The full name of a global, such as `torch.FloatStorage`.
    pub(crate) fn global(&self, number: usize) -> String {
        match self.objects.get(number) {
            Some(Object::Global { module, name }) => {
                format!("{}.{}", self.span(module), self.span(name))
            }
            _ => "an object without a name".to_owned(),
        }
    }
}

/// Reads the pickle that begins at `start`.
///
/// # Errors
/// In words with the byte at fault: an instruction that is not known, a stack that does not hold what an instruction
/// takes, the end of the input.
pub(crate) fn read(input: &[u8], start: usize) -> Result<Pickle<'_>, String> {
    let mut machine = Machine {
        pickle: Pickle {
            input,
            objects: Vec::new(),
            root: Value::None,
            end: start,
        },
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        copied: 0,
    };
    let mut reader = Reader::new(input, start);
    for _ in 0..MOST_INSTRUCTIONS {
        let at = reader.position();
        let instruction = reader.next()?;
        if instruction == Instruction::Stop {
            machine.pickle.root = machine.pop(at)?;
            machine.pickle.end = reader.position();
            return Ok(machine.pickle);
        }
        machine.run(instruction, at)?;
    }
    Err(format!(
        "the pickle has more than {MOST_INSTRUCTIONS} instructions"
    ))
}

pub(super) struct Machine<'a> {
    pub(super) pickle: Pickle<'a>,
    stack: Vec<Value>,
    /// The lengths of the stack at the marks.
    marks: Vec<usize>,
    memo: HashMap<usize, Value>,
    /// How many entries were copied from lists to dictionaries: one list may be called upon again and again.
    copied: usize,
}

fn short(at: usize) -> String {
    format!("byte {at} of the pickle takes more from the stack than is there")
}

impl Machine<'_> {
    fn run(&mut self, instruction: Instruction, at: usize) -> Result<(), String> {
        use Instruction as I;
        match instruction {
            I::Nothing | I::Stop => {}
            I::Push(value) => self.stack.push(value),
            I::Mark => self.marks.push(self.stack.len()),
            I::Pop => match self.marks.last() {
                // Python's `POP` takes a mark if that is on top.
                Some(&mark) if mark == self.stack.len() => drop(self.marks.pop()),
                _ => {
                    self.pop(at)?;
                }
            },
            I::PopMark => drop(self.since_mark(at)?),
            I::Dup => {
                let top = self.stack.last().cloned();
                self.stack.push(top.ok_or_else(|| short(at))?);
            }
            I::Sequence => self.push(Object::Sequence(Vec::new())),
            I::SequenceOfMark => {
                let values = self.since_mark(at)?;
                self.push(Object::Sequence(values));
            }
            I::Tuple(count) => {
                let values = self.take(count, at)?;
                self.push(Object::Sequence(values));
            }
            I::Dict => self.push(Object::Dict(Vec::new())),
            I::DictOfMark => {
                let values = self.since_mark(at)?;
                self.push(Object::Dict(pairs(values)));
            }
            I::Append => {
                let value = self.take(1, at)?;
                self.extend(value, at)?;
            }
            I::Appends => {
                let values = self.since_mark(at)?;
                self.extend(values, at)?;
            }
            I::SetItem => {
                let values = self.take(2, at)?;
                self.set_items(pairs(values), at)?;
            }
            I::SetItems => {
                let values = self.since_mark(at)?;
                self.set_items(pairs(values), at)?;
            }
            other => self.run_name(other, at)?,
        }
        Ok(())
    }

    /// The instructions that name things, call them, or remember them.
    fn run_name(&mut self, instruction: Instruction, at: usize) -> Result<(), String> {
        use Instruction as I;
        match instruction {
            I::Global(module, name) => self.push(Object::Global { module, name }),
            I::StackGlobal => match &self.take(2, at)?[..] {
                [Value::Text(module), Value::Text(name)] => self.push(Object::Global {
                    module: module.clone(),
                    name: name.clone(),
                }),
                _ => {
                    return Err(format!(
                        "byte {at} of the pickle takes names that are no texts"
                    ));
                }
            },
            I::Reduce | I::NewObject => {
                let [callee, arguments] = self.two(at)?;
                self.call(&callee, &arguments, at)?;
            }
            I::NewObjectWithKeywords => {
                self.pop(at)?;
                let [callee, arguments] = self.two(at)?;
                self.call(&callee, &arguments, at)?;
            }
            I::Build => {
                let state = self.pop(at)?;
                self.build(state, at)?;
            }
            I::Put(key) => {
                let top = self.stack.last().cloned();
                self.memo.insert(key, top.ok_or_else(|| short(at))?);
            }
            I::Memoize => {
                let top = self.stack.last().cloned();
                self.memo
                    .insert(self.memo.len(), top.ok_or_else(|| short(at))?);
            }
            I::Get(key) => {
                let value = self.memo.get(&key).cloned();
                let missing =
                    || format!("byte {at} of the pickle asks for a value that was not stored");
                self.stack.push(value.ok_or_else(missing)?);
            }
            I::Persistent => {
                let id = self.pop(at)?;
                let found = names::persistent(&self.pickle, &id)
                    .map_err(|problem| format!("byte {at} of the pickle: {problem}"))?;
                self.put(found);
            }
            // All others are those of `run`.
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, object: Object) {
        self.stack.push(Value::Object(self.pickle.objects.len()));
        self.pickle.objects.push(object);
    }

    fn put(&mut self, made: names::Made) {
        match made {
            names::Made::Value(value) => self.stack.push(value),
            names::Made::Object(object) => self.push(object),
        }
    }

    /// The top of the stack, not below the last mark.
    fn pop(&mut self, at: usize) -> Result<Value, String> {
        let floor = self.marks.last().copied().unwrap_or_default();
        let value = (self.stack.len() > floor).then(|| self.stack.pop());
        value.flatten().ok_or_else(|| short(at))
    }

    fn take(&mut self, count: usize, at: usize) -> Result<Vec<Value>, String> {
        let floor = self.marks.last().copied().unwrap_or_default();
        let from = self.stack.len().checked_sub(count);
        match from.filter(|&from| from >= floor) {
            Some(from) => Ok(self.stack.split_off(from)),
            None => Err(short(at)),
        }
    }

    fn two(&mut self, at: usize) -> Result<[Value; 2], String> {
        let second = self.pop(at)?;
        Ok([self.pop(at)?, second])
    }

    fn since_mark(&mut self, at: usize) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or_else(|| short(at))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// The object on top of the stack.
    fn top(&mut self, at: usize) -> Result<&mut Object, String> {
        match self.stack.last() {
            Some(&Value::Object(number)) => {
                self.pickle.objects.get_mut(number).ok_or_else(|| short(at))
            }
            _ => Err(format!(
                "byte {at} of the pickle fills something that holds nothing"
            )),
        }
    }

    fn extend(&mut self, values: Vec<Value>, at: usize) -> Result<(), String> {
        match self.top(at)? {
            Object::Sequence(sequence) => sequence.extend(values),
            // The entries of a list of an unknown class.
            Object::Instance { .. } => {}
            _ => {
                return Err(format!(
                    "byte {at} of the pickle appends to something that is no list"
                ));
            }
        }
        Ok(())
    }

    fn set_items(&mut self, pairs: Vec<(Value, Value)>, at: usize) -> Result<(), String> {
        match self.top(at)? {
            Object::Dict(items) | Object::Instance { items, .. } => items.extend(pairs),
            _ => {
                return Err(format!(
                    "byte {at} of the pickle sets an entry of something that has none"
                ));
            }
        }
        Ok(())
    }

    fn call(&mut self, callee: &Value, arguments: &Value, at: usize) -> Result<(), String> {
        let Value::Object(class) = *callee else {
            return Err(format!(
                "byte {at} of the pickle calls something that is no name"
            ));
        };
        let made = names::call(&self.pickle, class, arguments)
            .map_err(|problem| format!("byte {at} of the pickle: {problem}"))?;
        if let names::Made::Object(Object::Dict(items)) = &made {
            self.copied += items.len();
            if self.copied > MOST_INSTRUCTIONS {
                return Err(format!(
                    "byte {at} of the pickle copies a list again and again"
                ));
            }
        }
        self.put(made);
        Ok(())
    }

    /// Gives an object its attributes. Those of dictionaries and tensors do not matter.
    fn build(&mut self, given: Value, at: usize) -> Result<(), String> {
        if let Object::Instance { state, .. } = self.top(at)? {
            *state = given;
        }
        Ok(())
    }
}

/// Keys and values that lie one after the other; an odd one at the end is dropped.
fn pairs(values: Vec<Value>) -> Vec<(Value, Value)> {
    let mut values = values.into_iter();
    let mut pairs = Vec::with_capacity(values.len() / 2);
    while let (Some(key), Some(value)) = (values.next(), values.next()) {
        pairs.push((key, value));
    }
    pairs
}
