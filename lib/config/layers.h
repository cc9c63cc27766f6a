#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.h"

namespace vmtelem {

// A value that somebody gave to a setting.
struct GivenValue {
  std::string text;  // may be a credential
  std::string origin;
  bool from_argument = false;
};

// Where values come from: flags over environment over env-files. Knows nothing of what a value means.
class Layers {
 public:
  // Reads the env-files; `input` must outlive this.
  explicit Layers(const ConfigInput& input);

  // The value that counts, if one was given. The setting's default is not looked at.
  [[nodiscard]] std::optional<GivenValue> Find(const Setting& setting) const;

  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct FileValue {
    std::string name, text, origin;
  };
  void ReadFile(const std::string& path);
  [[nodiscard]] std::optional<GivenValue> FromFlags(const Setting& setting) const;
  [[nodiscard]] std::optional<GivenValue> FromVariable(std::string_view name) const;

  const ConfigInput& input_;
  std::vector<FileValue> file_values_;
  std::vector<Fault> faults_;
  std::vector<std::string> warnings_;
};

}  // namespace vmtelem
