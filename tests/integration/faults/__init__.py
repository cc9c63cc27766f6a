"""One VM, the daemon or the host has a fault: only its own data may be missing. Each module is a kind of fault."""
