//! The functions of MPI that are used, and the constants that differ between its libraries.
//!
//! A handle is a pointer in Open MPI and in the standard ABI (MPI 5.0, section 20), an `int` in MPICH and those that
//! share its ABI (Intel MPI, MVAPICH, Cray MPICH). Constants: the libraries' own `mpi.h`.

// SAFETY of this folder: signatures are those of the MPI standard, with the handle types of the ABI that `open` found;
// `Mpi` passes buffers that are valid for the counts beside them, and calls nothing after MPI was finalized.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};

use libloading::Library;

/// Which constants and handle types a library has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abi {
    OpenMpi,
    Mpich,
    Standard,
}

/// The functions, for handles of type `H`, with the handles that are needed.
pub(super) struct Functions<H> {
    pub(super) world: H,
    pub(super) byte: H,
    pub(super) float: H,
    pub(super) double: H,
    pub(super) sum: H,
    pub(super) errors_return: H,
    /// The number of the level at which one thread at a time calls.
    pub(super) serialized: c_int,
    pub(super) initialized: unsafe extern "C" fn(*mut c_int) -> c_int,
    pub(super) finalized: unsafe extern "C" fn(*mut c_int) -> c_int,
    pub(super) init_thread:
        unsafe extern "C" fn(*mut c_int, *mut c_void, c_int, *mut c_int) -> c_int,
    pub(super) query_thread: unsafe extern "C" fn(*mut c_int) -> c_int,
    pub(super) finalize: unsafe extern "C" fn() -> c_int,
    pub(super) abort: unsafe extern "C" fn(H, c_int) -> c_int,
    pub(super) set_errhandler: unsafe extern "C" fn(H, H) -> c_int,
    pub(super) error_string: unsafe extern "C" fn(c_int, *mut c_char, *mut c_int) -> c_int,
    pub(super) rank: unsafe extern "C" fn(H, *mut c_int) -> c_int,
    pub(super) size: unsafe extern "C" fn(H, *mut c_int) -> c_int,
    pub(super) barrier: unsafe extern "C" fn(H) -> c_int,
    pub(super) broadcast: unsafe extern "C" fn(*mut c_void, c_int, H, c_int, H) -> c_int,
    pub(super) all_reduce:
        unsafe extern "C" fn(*const c_void, *mut c_void, c_int, H, H, H) -> c_int,
    pub(super) gather_all: unsafe extern "C" fn(
        *const c_void,
        c_int,
        H,
        *mut c_void,
        *const c_int,
        *const c_int,
        H,
        H,
    ) -> c_int,
    pub(super) exchange: unsafe extern "C" fn(
        *const c_void,
        *const c_int,
        *const c_int,
        H,
        *mut c_void,
        *const c_int,
        *const c_int,
        H,
        H,
    ) -> c_int,
}

/// The handles that are needed: communicator, types, operation, error handler.
struct Handles<H> {
    world: H,
    byte: H,
    float: H,
    double: H,
    sum: H,
    errors_return: H,
    serialized: c_int,
}

impl Functions<usize> {
    /// Those of Open MPI, whose handles are the addresses of its objects.
    pub(super) fn of_open_mpi(library: &Library) -> Result<Self, String> {
        let address = |name: &str| -> Result<usize, String> {
            // SAFETY: an object of the library; only its address is taken.
            let symbol = unsafe { library.get::<*const c_void>(name) };
            let symbol = symbol.map_err(|_| format!("it has no {name}"))?;
            Ok(symbol.addr())
        };
        Self::load(
            library,
            Handles {
                world: address("ompi_mpi_comm_world")?,
                byte: address("ompi_mpi_byte")?,
                float: address("ompi_mpi_float")?,
                double: address("ompi_mpi_double")?,
                sum: address("ompi_mpi_op_sum")?,
                errors_return: address("ompi_mpi_errors_return")?,
                serialized: 2,
            },
        )
    }

    /// Those of the standard ABI.
    pub(super) fn of_standard(library: &Library) -> Result<Self, String> {
        Self::load(
            library,
            Handles {
                world: 0x101,
                byte: 0x247,
                float: 0x210,
                double: 0x214,
                sum: 0x21,
                errors_return: 0x143,
                serialized: 2048,
            },
        )
    }
}

impl Functions<c_int> {
    /// Those of MPICH and of the libraries that share its ABI.
    pub(super) fn of_mpich(library: &Library) -> Result<Self, String> {
        Self::load(
            library,
            Handles {
                world: 0x4400_0000,
                byte: 0x4c00_010d,
                float: 0x4c00_040a,
                double: 0x4c00_080b,
                sum: 0x5800_0003,
                errors_return: 0x5400_0001,
                serialized: 2,
            },
        )
    }
}

impl<H: Copy> Functions<H> {
    fn load(library: &Library, handles: Handles<H>) -> Result<Self, String> {
        /// The function of that name.
        fn get<F: Copy>(library: &Library, name: &str) -> Result<F, String> {
            // SAFETY: `F` is the signature that the MPI standard gives the function of that name, and `Functions`
            // lives no longer than the library (`Mpi` has both).
            let symbol = unsafe { library.get::<F>(name) };
            symbol
                .map(|symbol| *symbol)
                .map_err(|_| format!("it has no {name}"))
        }
        Ok(Self {
            world: handles.world,
            byte: handles.byte,
            float: handles.float,
            double: handles.double,
            sum: handles.sum,
            errors_return: handles.errors_return,
            serialized: handles.serialized,
            initialized: get(library, "MPI_Initialized")?,
            finalized: get(library, "MPI_Finalized")?,
            init_thread: get(library, "MPI_Init_thread")?,
            query_thread: get(library, "MPI_Query_thread")?,
            finalize: get(library, "MPI_Finalize")?,
            abort: get(library, "MPI_Abort")?,
            set_errhandler: get(library, "MPI_Comm_set_errhandler")?,
            error_string: get(library, "MPI_Error_string")?,
            rank: get(library, "MPI_Comm_rank")?,
            size: get(library, "MPI_Comm_size")?,
            barrier: get(library, "MPI_Barrier")?,
            broadcast: get(library, "MPI_Bcast")?,
            all_reduce: get(library, "MPI_Allreduce")?,
            gather_all: get(library, "MPI_Allgatherv")?,
            exchange: get(library, "MPI_Alltoallv")?,
        })
    }
}
