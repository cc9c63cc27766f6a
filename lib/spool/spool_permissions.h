#pragma once

#include <string>
#include <vector>

#include "spool/spool_lock.h"

namespace vmtelem {

// Takes the rights of other users from the directories of a spool whose lock is held. The root is only touched if
// nothing but a spool is in it: somebody may have named /tmp. What was done, and what is left to be said, each one line
// for people; usually nothing.
std::vector<std::string> MakeSpoolPrivate(const SpoolLock& lock);

}  // namespace vmtelem
