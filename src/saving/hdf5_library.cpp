#include "saving/hdf5_library.h"

#include "carnyx/base/ensure.h"

namespace carnyx {

Mutex& hdf5_mutex() {
  static Mutex mutex;
  return mutex;
}

void start_hdf5() {
  CARNYX_ENSURE(H5open() >= 0);
  CARNYX_ENSURE(H5PLset_loading_state(0) >= 0);
  CARNYX_ENSURE(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0);
}

}  // namespace carnyx
