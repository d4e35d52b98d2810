#include "app/version.hpp"

namespace reginfo {

std::string_view version() { return REGINFOD_VERSION; }

}  // namespace reginfo
