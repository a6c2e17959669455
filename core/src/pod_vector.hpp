// A vector of plain values, for the three large ones of a store (items, content bytes, leaves). It grows by
// realloc: the kernel moves the pages of a large block instead of copying its bytes, so growing, and giving back what
// was too much, cost next to nothing, where std::vector would hold both copies for a while and touch every byte.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace stet::core {

template <class T>
class PodVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  PodVector() = default;
  ~PodVector() { std::free(data_); }
  PodVector(PodVector&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  PodVector& operator=(PodVector&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

  T& push_back(const T& value) {
    const T copy = value;  // it may lie in this array
    if (size_ == capacity_) grow(size_ + 1);
    return *new (data_ + size_++) T(copy);
  }

  // Without a branch on `wanted`.
  void push_back_where(bool wanted, const T& value) {
    if (size_ == capacity_) [[unlikely]]
      grow(size_ + 1);
    data_[size_] = value;
    size_ += wanted ? 1 : 0;
  }

  bool has_room() const { return size_ != capacity_; }

  // One more, of no value yet.
  T& add() {
    if (size_ == capacity_) [[unlikely]]
      grow(size_ + 1);
    return data_[size_++];
  }

  void pop_back() { --size_; }

  void reserve(std::size_t size) {
    if (size > capacity_) set_capacity(size);
  }

  // New values are zero.
  void resize(std::size_t size) {
    if (size > capacity_) grow(size);
    if (size > size_) std::memset(static_cast<void*>(data_ + size_), 0, (size - size_) * sizeof(T));
    size_ = size;
  }

  // New values are whatever lay there.
  void extend(std::size_t more) {
    if (size_ + more > capacity_) grow(size_ + more);
    size_ += more;
  }

  void clear() { size_ = 0; }

  void append(std::span<const T> values) {
    if (size_ + values.size() > capacity_) grow(size_ + values.size());
    if (!values.empty()) std::memcpy(static_cast<void*>(data_ + size_), values.data(), values.size() * sizeof(T));
    size_ += values.size();
  }

  // Gives back what is free, but for a little.
  void trim() {
    if (capacity_ - size_ > 64) set_capacity(size_);
  }

 private:
  // What is small is copied as it grows, and doubles.
  [[gnu::noinline]] void grow(std::size_t least) {
    const bool small = capacity_ * sizeof(T) < (std::size_t{1} << 20);
    const std::size_t wanted = (small ? capacity_ * 2 : capacity_ * 3 / 2) + 16;
    set_capacity(least > wanted ? least : wanted);
  }

  void set_capacity(std::size_t capacity) {
    void* moved = std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
    if (!moved) throw std::bad_alloc();
    data_ = static_cast<T*>(moved);
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace stet::core
