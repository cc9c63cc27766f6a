#pragma once

#include <string>
#include <vector>

#include "spool/spool_lock.h"

namespace vmtelem {

// Takes the rights of other users from the directories of a spool whose lock is held: whoever may write there can have
// lines of his own delivered under our token. The root is only touched if nothing but a spool is in it: somebody may
// have named /tmp. Returns what was done and what the administrator should look at, each as one line for people, since
// only he can mend an owner that is wrong; usually nothing.
std::vector<std::string> MakeSpoolPrivate(const SpoolLock& lock);

}  // namespace vmtelem
