#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/batch.h"

namespace vmtelem {

// What the body of an answer says of lines. No proof: the search for poison lines finds which are at fault, see
// ship/poison_search.h.
struct Refusal {
  std::vector<std::size_t> lines;  // of which the server speaks, sorted and unique; may be none
  bool others_stored = false;      // the server lists the lines that it does not store, and stores the others
  std::string words;               // fit for a log
};

// Of an answer that is not a success, or of a success whose body holds an error. Pure; bodies may hold anything.
Refusal ReadRefusal(const std::string& body, const Batch& batch);

// The body is that of an error, whatever the status says.
bool HoldsError(const std::string& body);

// The message of an error body: the member `error` or `message` of a JSON object, else the body itself.
std::string ErrorText(const std::string& body);

}  // namespace vmtelem
