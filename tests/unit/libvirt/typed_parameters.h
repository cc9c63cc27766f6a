#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include <libvirt/libvirt.h>

namespace vmtelem {

// Typed parameters as libvirt hands them out, made by libvirt's own functions.
class TypedParameters {
 public:
  // Whatever else libvirt offers crashes before this.
  TypedParameters() { virInitialize(); }
  ~TypedParameters() { virTypedParamsFree(parameters_, count_); }
  TypedParameters(const TypedParameters&) = delete;
  TypedParameters& operator=(const TypedParameters&) = delete;

  TypedParameters& Int(const char* key, int value) {
    virTypedParamsAddInt(&parameters_, &count_, &capacity_, key, value);
    return *this;
  }
  TypedParameters& Uint(const char* key, unsigned value) {
    virTypedParamsAddUInt(&parameters_, &count_, &capacity_, key, value);
    return *this;
  }
  TypedParameters& Llong(const char* key, long long value) {
    virTypedParamsAddLLong(&parameters_, &count_, &capacity_, key, value);
    return *this;
  }
  TypedParameters& Ullong(const char* key, unsigned long long value) {
    virTypedParamsAddULLong(&parameters_, &count_, &capacity_, key, value);
    return *this;
  }
  TypedParameters& Double(const char* key, double value) {
    virTypedParamsAddDouble(&parameters_, &count_, &capacity_, key, value);
    return *this;
  }
  TypedParameters& Boolean(const char* key, bool value) {
    virTypedParamsAddBoolean(&parameters_, &count_, &capacity_, key, value ? 1 : 0);
    return *this;
  }
  TypedParameters& String(const char* key, const char* value) {
    virTypedParamsAddString(&parameters_, &count_, &capacity_, key, value);
    return *this;
  }

  [[nodiscard]] std::span<const virTypedParameter> all() const {
    return {parameters_, static_cast<std::size_t>(count_)};
  }
  // Gives up the parameters to the caller.
  [[nodiscard]] virTypedParameterPtr Release(int& count) {
    count = std::exchange(count_, 0);
    capacity_ = 0;
    return std::exchange(parameters_, nullptr);
  }

 private:
  virTypedParameterPtr parameters_ = nullptr;
  int count_ = 0;
  int capacity_ = 0;
};

}  // namespace vmtelem
