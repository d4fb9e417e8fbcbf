// A mutex that clang's thread-safety analysis understands: members say what guards them, and the
// `clang` preset rejects code that touches them without it. Under other compilers the marks vanish.
#pragma once

#include <mutex>

#if defined(__clang__)
#define CARNYX_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CARNYX_THREAD_ANNOTATION(x)
#endif

#define CARNYX_CAPABILITY(name) CARNYX_THREAD_ANNOTATION(capability(name))
#define CARNYX_SCOPED_CAPABILITY CARNYX_THREAD_ANNOTATION(scoped_lockable)
/// On a member: read or written only under `mutex`.
#define CARNYX_GUARDED_BY(mutex) CARNYX_THREAD_ANNOTATION(guarded_by(mutex))
#define CARNYX_PT_GUARDED_BY(mutex) CARNYX_THREAD_ANNOTATION(pt_guarded_by(mutex))
/// On a function, or a lambda after its parameters: called only under the mutex.
#define CARNYX_REQUIRES(...) CARNYX_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
/// On a function: never called under the mutex, which it takes itself.
#define CARNYX_EXCLUDES(...) CARNYX_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define CARNYX_ACQUIRE(...) CARNYX_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define CARNYX_RELEASE(...) CARNYX_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define CARNYX_TRY_ACQUIRE(...) CARNYX_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))

namespace carnyx {

/// std::mutex with marks. Wait on one with std::condition_variable_any:
/// `ready_.wait(mutex_, stop, [this]() CARNYX_REQUIRES(mutex_) { return !queue_.empty(); })`.
class CARNYX_CAPABILITY("mutex") Mutex final {
 public:
  void lock() CARNYX_ACQUIRE() { mutex_.lock(); }
  void unlock() CARNYX_RELEASE() { mutex_.unlock(); }
  bool try_lock() CARNYX_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

/// Holds a mutex while it lives.
class CARNYX_SCOPED_CAPABILITY MutexLock final {
 public:
  explicit MutexLock(Mutex& mutex) CARNYX_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() CARNYX_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace carnyx
