//! The operations at the speed of the hardware.
