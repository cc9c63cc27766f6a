#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "config/load.h"

namespace vmtelem {

// A directory of its own for a test, gone when it ends.
class ScopedDirectory {
 public:
  ScopedDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "vmtelem-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScopedDirectory() { std::filesystem::remove_all(path_); }
  ScopedDirectory(const ScopedDirectory&) = delete;
  ScopedDirectory& operator=(const ScopedDirectory&) = delete;

  // Readable by its owner only, as a token should be.
  [[nodiscard]] std::string Write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::ofstream(file) << text;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return file.string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Everything that LoadConfig() reads, with nothing set.
struct Inputs {
  std::map<std::string, std::string, std::less<>> environment;
  ConfigInput input;

  Inputs& Flag(std::string_view flag, std::string text) {
    input.flags.push_back({FindSettingByFlag(flag), std::move(text), std::string(flag)});
    return *this;
  }
  Inputs& Set(std::string name, std::string value) {
    environment[std::move(name)] = std::move(value);
    return *this;
  }
  Inputs& SetComplete() {
    return Set("LIBVIRT_URI", "qemu:///system")
        .Set("INFLUX_URL", "http://127.0.0.1:8181")
        .Set("INFLUX_DB", "vmstats")
        .Set("INFLUX_TOKEN", "s3cr3t-token");
  }
  // What is given, for a function that reads it itself.
  [[nodiscard]] const ConfigInput& Given() {
    input.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      if (found == environment.end()) return std::nullopt;
      return found->second;
    };
    return input;
  }
  [[nodiscard]] LoadedConfig Load() { return LoadConfig(Given()); }
};

inline Inputs ForRun() {
  Inputs inputs;
  inputs.input.needs_hypervisor = inputs.input.needs_database = true;
  return inputs;
}

inline std::vector<std::string> Texts(const std::vector<Fault>& faults) {
  std::vector<std::string> texts;
  texts.reserve(faults.size());
  for (const Fault& fault : faults) texts.push_back(fault.text);
  return texts;
}

inline const EffectiveSetting& Effective(const LoadedConfig& loaded, std::string_view variable) {
  for (const EffectiveSetting& row : loaded.effective) {
    if (row.setting->variable == variable) return row;
  }
  FAIL("no such setting: " << variable);
  return loaded.effective.front();
}

}  // namespace vmtelem
