#include "base/spill.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace fedctl {

std::shared_ptr<Spill> Spill::create() {
  const char* wanted = std::getenv("TMPDIR");
  std::string name = std::string{wanted != nullptr && *wanted != '\0' ? wanted : "/tmp"} + "/fedctl-XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  ::unlink(name.c_str());
  return std::shared_ptr<Spill>{new Spill{descriptor}};
}

Spill::~Spill() { ::close(descriptor_); }

std::optional<Spill::Part> Spill::put(std::string_view text) {
  const Part part{end_, text.size()};
  while (!text.empty()) {
    const ssize_t written = ::pwrite(descriptor_, text.data(), text.size(), static_cast<off_t>(end_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      end_ = part.offset;
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
    end_ += static_cast<std::uint64_t>(written);
  }
  return part;
}

std::string Spill::get(Part part) const {
  std::string text(part.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::pread(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(part.offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      throw std::system_error{count < 0 ? errno : EIO, std::generic_category(), "cannot read what was put aside in a temporary file"};
    done += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace fedctl
