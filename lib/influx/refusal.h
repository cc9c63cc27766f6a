#pragma once

#include <optional>
#include <string>

#include "model/batch.h"
#include "model/delivery.h"

namespace vmtelem {

// What the body of a 400 or 422 says of the lines: which are refused, and whether the others are stored. Sets action,
// lines, unnamed_lines and, in the server's words, reason. Nothing if the body does not speak of lines. Pure; bodies
// may hold anything.
std::optional<Verdict> ReadRefusal(int status, const std::string& body, const Batch& batch);

// The message of an error body: the member `error` or `message` of a JSON object, else the body itself.
std::string ErrorText(const std::string& body);

}  // namespace vmtelem
