// What every use of libhdf5 needs. Only files beginning with hdf5_ include this.
#pragma once

#include <hdf5.h>

#include "carnyx/base/mutex.h"

namespace carnyx {

/// Closes an HDF5 identifier. A negative one is what failed calls return; closing it does nothing.
template <herr_t (*Close)(hid_t)>
class Hdf5Handle final {
 public:
  explicit Hdf5Handle(hid_t id = -1) : id_(id) {}
  ~Hdf5Handle() {
    if (id_ >= 0) Close(id_);
  }
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;

  [[nodiscard]] hid_t get() const { return id_; }
  [[nodiscard]] bool ok() const { return id_ >= 0; }

 private:
  hid_t id_;
};

using Hdf5File = Hdf5Handle<H5Fclose>;
using Hdf5Object = Hdf5Handle<H5Oclose>;
using Hdf5Space = Hdf5Handle<H5Sclose>;
using Hdf5Type = Hdf5Handle<H5Tclose>;
using Hdf5Attribute = Hdf5Handle<H5Aclose>;
using Hdf5Properties = Hdf5Handle<H5Pclose>;

/// Held while this process writes HDF5 or forks a reader: the library's state is one per process,
/// and a child must not be born while another thread holds the library's own lock.
Mutex& hdf5_mutex();

/// Starts the library: no plug-ins, and no messages of its own on stderr.
void start_hdf5() CARNYX_REQUIRES(hdf5_mutex());

}  // namespace carnyx
