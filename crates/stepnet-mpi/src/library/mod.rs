//! MPI, through a library that is opened when the program runs.

#![allow(unsafe_code)]

mod functions;
mod open;

use std::ffi::{c_char, c_int, c_void};
use std::fmt;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libloading::Library;

use crate::group::{Group, Values, check, starts};
use crate::launcher::{Launch, launch};
use crate::{Error, Result};
use functions::{Abi, Functions};
use open::open;

/// The most bytes of one call: counts are `int`.
const MOST: usize = 1 << 30;

/// The exit code of a program that panics.
const PANIC: c_int = 101;

/// The group of all processes that the launcher started.
pub struct Mpi {
    functions: AnyFunctions,
    /// One call at a time, as was agreed when MPI began.
    calling: Mutex<()>,
    rank: usize,
    size: usize,
    version: String,
    abi: Abi,
    /// Whether MPI began here, and so ends here.
    owned: bool,
    /// The functions are in it.
    _library: Library,
}

/// The functions, for both kinds of handles.
enum AnyFunctions {
    Pointers(Functions<usize>),
    Numbers(Functions<c_int>),
}

/// Calls a function of the table, whatever its handles are; `$f` is the table.
macro_rules! call {
    ($mpi:expr, $f:ident => $call:expr) => {
        match &$mpi.functions {
            AnyFunctions::Pointers($f) => $call,
            AnyFunctions::Numbers($f) => $call,
        }
    };
}

/// Joins the processes that the launcher of this one started; `None` if no launcher did.
///
/// If MPI is running in this process already (mpi4py's, say), it is used as it is, and goes on when the group is
/// dropped; else it ends with the group, and cannot begin again in this process.
///
/// # Errors
/// When no library is found, or it is not known, or it does not know the other processes.
pub fn connect() -> Result<Option<Mpi>> {
    launch().map(|launch| Mpi::new(&launch)).transpose()
}

impl Mpi {
    fn new(launch: &Launch) -> Result<Self> {
        let opened = open(launch.family)?;
        let functions = match opened.abi {
            Abi::OpenMpi => Functions::of_open_mpi(&opened.library).map(AnyFunctions::Pointers),
            Abi::Standard => Functions::of_standard(&opened.library).map(AnyFunctions::Pointers),
            Abi::Mpich => Functions::of_mpich(&opened.library).map(AnyFunctions::Numbers),
        };
        let functions =
            functions.map_err(|problem| Error::Group(format!("{}: {problem}", opened.version)))?;
        let mut group = Self {
            functions,
            calling: Mutex::new(()),
            rank: 0,
            size: 1,
            version: opened.version,
            abi: opened.abi,
            owned: false,
            _library: opened.library,
        };
        group.begin()?;
        if let Some(started) = launch.size.filter(|&started| started != group.size) {
            return Err(Error::Group(format!(
                "{} started {started} processes, but {} sees {}: the two do not belong together; name the launcher's \
                 library in {}",
                launch.name,
                group.version,
                group.size,
                open::VARIABLE
            )));
        }
        Ok(group)
    }

    /// Begins MPI, unless it runs already, and asks who this is.
    fn begin(&mut self) -> Result<()> {
        let (mut running, mut over, mut level) = (0, 0, 0);
        let (mut rank, mut size) = (0, 0);
        // SAFETY: see `functions`; all pointers are to variables that outlive the call. `MPI_Initialized` and
        // `MPI_Finalized` may be called at any time.
        unsafe {
            call!(self, f => (f.initialized)(&mut running));
            call!(self, f => (f.finalized)(&mut over));
            if over != 0 {
                return Err(Error::Group(
                    "MPI has ended in this process and cannot begin again".to_owned(),
                ));
            }
            let code = if running == 0 {
                call!(self, f => (f.init_thread)(ptr::null_mut(), ptr::null_mut(), f.serialized, &mut level))
            } else {
                call!(self, f => (f.query_thread)(&mut level))
            };
            self.checked("MPI_Init_thread", code)?;
            self.owned = running == 0;
            if call!(self, f => level < f.serialized) {
                return Err(Error::Group(format!(
                    "{} was begun for its first thread alone, expected MPI_THREAD_SERIALIZED or more",
                    self.version
                )));
            }
            let code = call!(self, f => (f.set_errhandler)(f.world, f.errors_return));
            self.checked("MPI_Comm_set_errhandler", code)?;
            let code = call!(self, f => (f.rank)(f.world, &mut rank));
            self.checked("MPI_Comm_rank", code)?;
            let code = call!(self, f => (f.size)(f.world, &mut size));
            self.checked("MPI_Comm_size", code)?;
        }
        (self.rank, self.size) = (rank as usize, size as usize);
        Ok(())
    }

    /// What the library says of itself, such as "Open MPI v4.1.4".
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The binary interface of the library: "Open MPI", "MPICH" or "standard".
    pub fn abi(&self) -> &'static str {
        match self.abi {
            Abi::OpenMpi => "Open MPI",
            Abi::Mpich => "MPICH",
            Abi::Standard => "standard",
        }
    }

    fn one_call(&self) -> MutexGuard<'_, ()> {
        self.calling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails for a code other than that of success.
    fn checked(&self, function: &str, code: c_int) -> Result<()> {
        if code == 0 {
            return Ok(());
        }
        let mut text = [0_u8; 1024];
        let mut len = 0;
        // SAFETY: the text has room for the longest that any library writes, 512 bytes.
        unsafe {
            call!(self, f => (f.error_string)(code, text.as_mut_ptr().cast::<c_char>(), &mut len));
        }
        let len = usize::try_from(len).unwrap_or(0).min(text.len());
        let said = String::from_utf8_lossy(&text[..len]);
        let said = said.split('\n').next().unwrap_or_default();
        Err(Error::Group(format!(
            "rank {} of {}: {function} failed: {said}",
            self.rank, self.size
        )))
    }
}

/// Lengths and starts as MPI takes them.
fn counts(lengths: &[usize]) -> Result<[Vec<c_int>; 2]> {
    let number = |&len: &usize| {
        c_int::try_from(len).map_err(|_| {
            Error::Group(format!(
                "{len} bytes are to be sent at once, expected less than 2 GiB"
            ))
        })
    };
    let starts: Vec<usize> = starts(lengths).collect();
    Ok([
        lengths.iter().map(number).collect::<Result<_>>()?,
        starts.iter().map(number).collect::<Result<_>>()?,
    ])
}

/// An address for no bytes: that of an empty slice is 1, which is one of Open MPI's constants, `MPI_IN_PLACE`.
static NOTHING: [u8; 1] = [0];

fn place(bytes: &[u8]) -> *const c_void {
    let bytes = if bytes.is_empty() { &NOTHING } else { bytes };
    bytes.as_ptr().cast()
}

fn place_mut(bytes: &mut [u8]) -> *mut c_void {
    match bytes.is_empty() {
        // Nothing is written there: the counts are 0.
        true => NOTHING.as_ptr().cast_mut().cast(),
        false => bytes.as_mut_ptr().cast(),
    }
}

impl Group for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn broadcast(&self, root: usize, bytes: &mut [u8]) -> Result<()> {
        let _one = self.one_call();
        for piece in bytes.chunks_mut(MOST) {
            let (start, len) = (piece.as_mut_ptr().cast::<c_void>(), piece.len() as c_int);
            // SAFETY: `len` bytes are there to be read or written.
            let code = unsafe {
                call!(self, f => (f.broadcast)(start, len, f.byte, root as c_int, f.world))
            };
            self.checked("MPI_Bcast", code)?;
        }
        Ok(())
    }

    fn exchange(
        &self,
        send: &[u8],
        sent: &[usize],
        receive: &mut [u8],
        received: &[usize],
    ) -> Result<()> {
        check(self.size, sent, send.len(), "what is sent");
        check(self.size, received, receive.len(), "what is received");
        let [sent, from] = counts(sent)?;
        let [received, to] = counts(received)?;
        let _one = self.one_call();
        // SAFETY: the pieces lie within the two slices, as was checked; they do not overlap, as they are borrowed.
        let code = unsafe {
            call!(self, f => (f.exchange)(
                place(send), sent.as_ptr(), from.as_ptr(), f.byte,
                place_mut(receive), received.as_ptr(), to.as_ptr(), f.byte,
                f.world,
            ))
        };
        self.checked("MPI_Alltoallv", code)
    }

    fn gather_all(&self, own: &[u8], all: &mut [u8], lengths: &[usize]) -> Result<()> {
        check(self.size, lengths, all.len(), "what is gathered");
        assert_eq!(lengths[self.rank], own.len(), "the length of the own part");
        let [lengths, to] = counts(lengths)?;
        let _one = self.one_call();
        // SAFETY: as in `exchange`.
        let code = unsafe {
            call!(self, f => (f.gather_all)(
                place(own), own.len() as c_int, f.byte,
                place_mut(all), lengths.as_ptr(), to.as_ptr(), f.byte,
                f.world,
            ))
        };
        self.checked("MPI_Allgatherv", code)
    }

    fn add_all(&self, values: Values<'_>) -> Result<()> {
        let (single, start, len) = match values {
            Values::F32(values) => (true, values.as_mut_ptr().cast::<u8>(), size_of_val(values)),
            Values::F64(values) => (false, values.as_mut_ptr().cast::<u8>(), size_of_val(values)),
        };
        let width = if single { 4 } else { 8 };
        let _one = self.one_call();
        let mut own = vec![0_u8; len.min(MOST)];
        for at in (0..len).step_by(MOST) {
            let piece = MOST.min(len - at);
            // SAFETY: `piece` bytes of `values` from `at` on, which are borrowed for writing; any bytes are numbers.
            let code = unsafe {
                let place = start.add(at);
                ptr::copy_nonoverlapping(place, own.as_mut_ptr(), piece);
                let count = (piece / width) as c_int;
                call!(self, f => {
                    let kind = if single { f.float } else { f.double };
                    (f.all_reduce)(own.as_ptr().cast(), place.cast(), count, kind, f.sum, f.world)
                })
            };
            self.checked("MPI_Allreduce", code)?;
        }
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        let _one = self.one_call();
        // SAFETY: no buffers.
        let code = unsafe { call!(self, f => (f.barrier)(f.world)) };
        self.checked("MPI_Barrier", code)
    }

    fn abort(&self, code: i32) -> ! {
        // Without waiting for another thread's call: it may wait for a process that is gone.
        // SAFETY: no buffers.
        unsafe {
            call!(self, f => (f.abort)(f.world, code));
        }
        std::process::exit(code)
    }
}

impl Drop for Mpi {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The others may wait for this one: to end in peace would be to wait for them.
            self.abort(PANIC);
        }
        let _one = self.one_call();
        if self.owned {
            // SAFETY: begun here and not ended; nothing is called after it, as nobody has the group any more.
            unsafe {
                call!(self, f => (f.finalize)());
            }
        }
    }
}

impl fmt::Debug for Mpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mpi")
            .field("rank", &self.rank)
            .field("size", &self.size)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
