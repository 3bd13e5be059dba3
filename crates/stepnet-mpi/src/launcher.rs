//! What started this process, as its environment tells.

use std::env;

/// The launcher of this process, and how many it started.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Launch {
    /// The launcher's name, such as "Open MPI's mpirun".
    pub name: &'static str,
    /// How many processes it started, if it says so.
    pub size: Option<usize>,
    /// The number of this one among them, if it says so.
    pub rank: Option<usize>,
    /// How many of them run on this machine, if it says so.
    pub on_this_machine: Option<usize>,
    pub(crate) family: Family,
}

/// Whose library the launcher's processes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    OpenMpi,
    Mpich,
    Any,
}

/// A launcher, by the names of its environment variables.
struct Known {
    name: &'static str,
    family: Family,
    size: &'static str,
    rank: &'static str,
    local: &'static str,
}

/// In the order in which they are asked: under `srun`, Open MPI's and MPICH's own variables may be there as well.
const KNOWN: [Known; 4] = [
    Known {
        name: "Open MPI's mpirun",
        family: Family::OpenMpi,
        size: "OMPI_COMM_WORLD_SIZE",
        rank: "OMPI_COMM_WORLD_RANK",
        local: "OMPI_COMM_WORLD_LOCAL_SIZE",
    },
    Known {
        name: "MPICH's mpiexec",
        family: Family::Mpich,
        size: "PMI_SIZE",
        rank: "PMI_RANK",
        local: "MPI_LOCALNRANKS",
    },
    Known {
        name: "srun",
        family: Family::Any,
        size: "SLURM_STEP_NUM_TASKS",
        rank: "SLURM_PROCID",
        local: "SLURM_TASKS_PER_NODE",
    },
    Known {
        name: "a launcher with PMIx",
        family: Family::Any,
        size: "PMIX_SIZE",
        rank: "PMIX_RANK",
        local: "PMIX_LOCAL_SIZE",
    },
];

/// The launcher that started this process as one of several, or as a single one; `None` if there is none.
pub fn launch() -> Option<Launch> {
    launch_of(|name| env::var(name).ok())
}

fn launch_of(variable: impl Fn(&str) -> Option<String>) -> Option<Launch> {
    // "2(x3)" says two on each of three machines.
    let number = |name| {
        let text = variable(name)?;
        let digits = text.find(|c: char| !c.is_ascii_digit());
        text[..digits.unwrap_or(text.len())].parse().ok()
    };
    KNOWN
        .iter()
        .find(|known| variable(known.rank).is_some())
        // A step of one task is a shell of the user, not a launch.
        .filter(|known| known.name != "srun" || number(known.size).is_some_and(|size| size > 1))
        .map(|known| Launch {
            name: known.name,
            size: number(known.size),
            rank: number(known.rank),
            on_this_machine: number(known.local),
            family: known.family,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Launch> {
        launch_of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn launchers_are_known_by_their_variables() {
        assert_eq!(of(&[("PATH", "/bin")]), None);
        let found = of(&[
            ("OMPI_COMM_WORLD_SIZE", "4"),
            ("OMPI_COMM_WORLD_RANK", "3"),
            ("OMPI_COMM_WORLD_LOCAL_SIZE", "2"),
            ("SLURM_PROCID", "0"),
        ]);
        let found = found.unwrap();
        assert_eq!((found.size, found.rank), (Some(4), Some(3)));
        assert_eq!(found.on_this_machine, Some(2));
        assert_eq!(found.family, Family::OpenMpi);
        assert_eq!(
            of(&[("PMI_RANK", "0"), ("PMI_SIZE", "1")]).unwrap().family,
            Family::Mpich
        );
    }

    #[test]
    fn a_shell_within_an_allocation_is_no_launch() {
        assert_eq!(
            of(&[("SLURM_PROCID", "0"), ("SLURM_STEP_NUM_TASKS", "1")]),
            None
        );
        let step = of(&[
            ("SLURM_PROCID", "5"),
            ("SLURM_STEP_NUM_TASKS", "6"),
            ("SLURM_TASKS_PER_NODE", "2(x3)"),
        ]);
        assert_eq!(step.unwrap().on_this_machine, Some(2));
    }
}
