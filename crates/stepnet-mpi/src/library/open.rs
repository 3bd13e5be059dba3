//! Finding the MPI library of the launcher, and telling whose it is.

#![allow(unsafe_code)]

use std::env;
use std::ffi::{CStr, c_char, c_int};

use libloading::Library;
use libloading::os::unix::{Library as UnixLibrary, RTLD_GLOBAL, RTLD_NOW};

use super::functions::Abi;
use crate::launcher::Family;
use crate::{Error, Result};

/// The variable that names the library, for systems where it has another name.
pub(super) const VARIABLE: &str = "STEPNET_MPI";

/// Fails to open what is not loaded yet. 4 on Linux, where `libc` has it; other systems have another number.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_LOAD: c_int = 4;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NO_LOAD: c_int = 16;

/// Longer than what any library says of itself: the standard ABI allows 8,192 bytes.
const VERSION_BYTES: usize = 8192;

#[cfg(target_os = "macos")]
const OPEN_MPI: &[&str] = &["libmpi.40.dylib"];
#[cfg(not(target_os = "macos"))]
const OPEN_MPI: &[&str] = &["libmpi.so.40"];
/// Debian calls MPICH's library by its own name; others, and those that share its ABI, do not.
#[cfg(target_os = "macos")]
const MPICH: &[&str] = &["libmpi.12.dylib", "libmpich.12.dylib"];
#[cfg(not(target_os = "macos"))]
const MPICH: &[&str] = &["libmpich.so.12", "libmpi.so.12"];
#[cfg(target_os = "macos")]
const STANDARD: &[&str] = &["libmpi_abi.1.dylib", "libmpi_abi.dylib"];
#[cfg(not(target_os = "macos"))]
const STANDARD: &[&str] = &["libmpi_abi.so.1", "libmpi_abi.so.0"];
#[cfg(target_os = "macos")]
const UNVERSIONED: &[&str] = &["libmpi.dylib"];
#[cfg(not(target_os = "macos"))]
const UNVERSIONED: &[&str] = &["libmpi.so"];

/// An opened library, and what it says of itself.
pub(super) struct Opened {
    pub(super) library: Library,
    pub(super) abi: Abi,
    /// The first line of its version, such as "Open MPI v4.1.4".
    pub(super) version: String,
}

/// The library that the process has loaded already (by mpi4py, say), or the one that the user named, or one that
/// belongs to the launcher's family.
pub(super) fn open(family: Family) -> Result<Opened> {
    let named = env::var_os(VARIABLE);
    if let Some(path) = &named {
        let shown = path.to_string_lossy();
        let library = load(path, RTLD_NOW | RTLD_GLOBAL).ok_or_else(|| {
            Error::Group(format!("{VARIABLE}: {shown} cannot be opened as a library"))
        })?;
        return recognise(library)
            .map_err(|problem| Error::Group(format!("{VARIABLE}: {shown}: {problem}")));
    }
    let names = match family {
        Family::OpenMpi => [OPEN_MPI, STANDARD, UNVERSIONED, &[]],
        Family::Mpich => [STANDARD, MPICH, UNVERSIONED, &[]],
        Family::Any => [OPEN_MPI, MPICH, STANDARD, UNVERSIONED],
    };
    let loaded = [OPEN_MPI, MPICH, STANDARD, UNVERSIONED];
    let loaded = loaded.iter().flat_map(|names| names.iter());
    let loaded = loaded.map(|name| (*name, RTLD_NOW | RTLD_GLOBAL | NO_LOAD));
    let fresh = names.iter().flat_map(|names| names.iter());
    let fresh = fresh.map(|name| (*name, RTLD_NOW | RTLD_GLOBAL));
    let mut problems = Vec::new();
    for (name, flags) in loaded.chain(fresh) {
        let Some(library) = load(name, flags) else {
            continue;
        };
        match recognise(library) {
            Ok(opened) => return Ok(opened),
            Err(problem) => problems.push(format!("{name}: {problem}")),
        }
    }
    let tried: Vec<&str> = names.concat();
    Err(Error::Group(match problems.first() {
        Some(problem) => problem.clone(),
        None => format!(
            "no MPI library was found ({}); install Open MPI 4 or 5 or MPICH, or name its library in {VARIABLE}",
            tried.join(", ")
        ),
    }))
}

fn load(name: impl AsRef<std::ffi::OsStr>, flags: c_int) -> Option<Library> {
    // SAFETY: opening runs the library's own initialisation. Global, as MPI's plugins look for its symbols.
    let opened = unsafe { UnixLibrary::open(Some(name.as_ref()), flags) };
    opened.ok().map(Library::from)
}

/// Whose library it is, by its symbols and by what it says of itself.
fn recognise(library: Library) -> std::result::Result<Opened, String> {
    let version = version(&library)?;
    let has = |name: &str| {
        // SAFETY: only whether the name is there is asked.
        unsafe { library.get::<*const u8>(name) }.is_ok()
    };
    let shares_mpich = ["MPICH", "Intel(R) MPI", "MVAPICH"];
    // A library of the standard ABI has `MPI_Abi_get_version`, but so have the ordinary ones of MPI 5: they are
    // told by the names that they were opened by, which the library's own version symbol does not say. MPICH's
    // ordinary library has the symbol `MPIR_Process` or `PMPI_Init` in both; its datatypes are what differs, and
    // `MPI_Abi_get_version` says -1 where the ABI is not the standard one.
    let abi = match () {
        () if has("ompi_mpi_comm_world") => Abi::OpenMpi,
        () if standard_abi(&library) => Abi::Standard,
        () if shares_mpich.iter().any(|name| version.contains(name)) => Abi::Mpich,
        () => {
            return Err(format!(
                "{version:?} is not known, expected Open MPI 4 or 5, MPICH or a library that shares its ABI, or the \
                 standard ABI of MPI 5"
            ));
        }
    };
    if abi == Abi::OpenMpi {
        let major = version
            .split(" v")
            .nth(1)
            .and_then(|rest| rest.split('.').next());
        if !major
            .and_then(|major| major.parse().ok())
            .is_some_and(|major: u32| (4..=5).contains(&major))
        {
            return Err(format!(
                "{version:?} is not known, expected Open MPI 4 or 5"
            ));
        }
    }
    Ok(Opened {
        library,
        abi,
        version,
    })
}

/// Whether the library has the ABI of the MPI 5 standard.
fn standard_abi(library: &Library) -> bool {
    type GetVersion = unsafe extern "C" fn(*mut c_int, *mut c_int) -> c_int;
    // SAFETY: the signature of the standard (MPI 5.0, 20.2); it may be called before `MPI_Init`.
    unsafe {
        let Ok(get) = library.get::<GetVersion>("MPI_Abi_get_version") else {
            return false;
        };
        let (mut major, mut minor) = (-1, -1);
        get(&mut major, &mut minor) == 0 && major >= 1
    }
}

/// The first line of what the library says of itself.
fn version(library: &Library) -> std::result::Result<String, String> {
    type GetVersion = unsafe extern "C" fn(*mut c_char, *mut c_int) -> c_int;
    let mut text = vec![0_u8; VERSION_BYTES + 1];
    let mut len = 0;
    // SAFETY: the signature of the standard; the text has room for the longest version and a zero after it, and the
    // function may be called before `MPI_Init`.
    let said = unsafe {
        let get = library.get::<GetVersion>("MPI_Get_library_version");
        let get = get.map_err(|_| "it is no MPI library".to_owned())?;
        get(text.as_mut_ptr().cast(), &mut len)
    };
    let text = CStr::from_bytes_until_nul(&text).ok();
    let text = text
        .filter(|_| said == 0)
        .and_then(|text| text.to_str().ok());
    let text = text.ok_or("it does not say its version")?;
    let line = text.split(['\n', ',']).next().unwrap_or_default();
    // "MPICH Version:\t4.0.2"
    Ok(line.split_whitespace().collect::<Vec<_>>().join(" "))
}
