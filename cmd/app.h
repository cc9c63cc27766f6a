#pragma once

#include "cmd/process.h"

namespace vmtelem {

// Takes over what the operating system gave and makes it safe to work with: standard descriptors that exist, no death
// by SIGPIPE, no variable that lets a library write our secrets down or ask a person for theirs.
Process PrepareProcess(int argc, char** argv);

// The program: parses, checks, runs one command. Gives the exit status.
int RunApp(const Process& process);

}  // namespace vmtelem
