#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fedctl {

/// Texts that are not worth their memory, kept in a file without a name ($TMPDIR, else /tmp) that nobody else can open and that is gone
/// with the process. Not for secrets.
class Spill {
 public:
  struct Part {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  /// Null where no such file can be had; the texts then stay in memory.
  static std::shared_ptr<Spill> create();
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  /// Nothing where the disk is full: the text must be kept then.
  std::optional<Part> put(std::string_view text);

  /// What was put. Throws std::system_error where the disk fails, which nobody can make up for.
  std::string get(Part part) const;

 private:
  explicit Spill(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  std::uint64_t end_ = 0;
};

}  // namespace fedctl
