// The derivatives of the unary functions of math.h on vectors of float32. Where a derivative
// crosses zero its error is that of the terms it is made of; elsewhere it is relative, below 3e-6
// down to results of 1e-36. NaN in gives NaN out.
#if defined(CARNYX_UNARY_GRADIENT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_UNARY_GRADIENT_INL_H
#undef CARNYX_UNARY_GRADIENT_INL_H
#else
#define CARNYX_UNARY_GRADIENT_INL_H
#endif

#include "carnyx/base/ensure.h"

#include "kernels/cpu/unary-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

/// The derivative of x sigmoid(v) for a v that is odd in x, from z = exp(-|v|) and growth =
/// |x| dv/dx: with r = 1 / (1 + z) it is z r (1 - growth r) below 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gated_slope(D d, V x, V z, V growth) {
  const V one = hn::Set(d, 1.0F);
  const V r = hn::Div(one, hn::Add(one, z));
  return mirrored(d, x, hn::Mul(hn::Mul(z, r), hn::NegMulAdd(growth, r, one)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V silu_slope(D d, V x) {
  const V size = hn::Abs(x);
  return gated_slope(d, x, exp_of(d, hn::Neg(size)), size);
}

/// Beyond 20 it is 0 or 1 in float32, and the square of x might overflow.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_tanh_slope(D d, V x) {
  constexpr float kTwoSqrtTwoOverPi = 1.5957691216F;
  const V size = bounded(d, hn::Abs(x), 0, 20);
  const V rise = hn::MulAdd(hn::Mul(size, size),
                            hn::Set(d, 3 * 0.044715F * kTwoSqrtTwoOverPi),
                            hn::Set(d, kTwoSqrtTwoOverPi));
  return with_nan_of(x, gated_slope(d, x, gelu_tanh_decay(d, size), hn::Mul(size, rise)));
}

/// P(X < x) + x p(x), p being the normal distribution's density.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_slope(D d, V x) {
  constexpr float kOneOverSqrtTwoPi = 0.3989422804F;
  const V size = hn::Abs(x);
  const V below = hn::NegMulAdd(size, hn::Set(d, kOneOverSqrtTwoPi), tail_over_bell(d, size));
  return mirrored(d, x, hn::Mul(bell_of(d, size), below));
}

/// n / (n + 2) + 4 x e (e + 1) / (n + 2)^2 with e = exp(x), n = e (e + 2): tanh(softplus(x)) and x
/// times its derivative. Beyond 20 it is 1 in float32, and n might overflow.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V mish_slope(D d, V x) {
  const V two = hn::Set(d, 2.0F);
  const V bound = hn::IfThenElse(hn::Gt(x, hn::Set(d, 20.0F)), hn::Set(d, 20.0F), x);
  const V e = exp_of(d, bound);
  const V n = hn::Mul(e, hn::Add(e, two));
  const V r = hn::Div(hn::Set(d, 1.0F), hn::Add(n, two));
  const V rise = hn::Mul(hn::Mul(hn::MulAdd(e, e, e), r), hn::Mul(r, hn::Set(d, 4.0F)));
  return hn::MulAdd(bound, rise, hn::Mul(n, r));
}

/// (2 x + 3) / 6 between -3 and 3, 0 below and 1 above.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V hard_silu_slope(D d, V x) {
  const V line = hn::MulAdd(x, hn::Set(d, 1.0F / 3), hn::Set(d, 0.5F));
  const V below = hn::IfThenZeroElse(hn::Le(x, hn::Set(d, -3.0F)), line);
  return hn::IfThenElse(hn::Ge(x, hn::Set(d, 3.0F)), hn::Set(d, 1.0F), below);
}

/// x with y's sign; 0 where y is 0, NaN where it is NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V signed_by(D d, V x, V y) {
  const V not_above = hn::IfThenElse(hn::Lt(y, hn::Zero(d)), hn::Neg(x), hn::Mul(x, y));
  return hn::IfThenElse(hn::Gt(y, hn::Zero(d)), x, not_above);
}

/// Calls `loop(function)` with function(d, x, y) = x times the derivative of `kind` where its
/// result is y. Only for kinds whose derivative_from_output() is true.
template <class Loop>
HWY_INLINE void with_slope_at_result(UnaryKind kind, float alpha, const Loop& loop) {
  using K = UnaryKind;
  const auto one = [](auto d) HWY_ATTR { return hn::Set(d, 1.0F); };
  // x where y lies between low and high, scaled.
  const auto inside = [&](float low, float high, float scale) HWY_ATTR {
    loop([=](auto d, auto x, auto y) HWY_ATTR {
      const auto mask = hn::And(hn::Gt(y, hn::Set(d, low)), hn::Lt(y, hn::Set(d, high)));
      return hn::IfThenElseZero(mask, hn::Mul(x, hn::Set(d, scale)));
    });
  };
  // x * above where y > 0, else x * (y * slope + below).
  const auto bent = [&](float above, float slope, float below) HWY_ATTR {
    loop([=](auto d, auto x, auto y) HWY_ATTR {
      const auto factor = hn::MulAdd(y, hn::Set(d, slope), hn::Set(d, below));
      return hn::Mul(x, hn::IfThenElse(hn::Gt(y, hn::Zero(d)), hn::Set(d, above), factor));
    });
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (kind) {
    case K::Negative:
      return loop([](auto, auto x, auto) HWY_ATTR { return hn::Neg(x); });
    case K::Sqrt:
      return loop([](auto d, auto x, auto y)
                      HWY_ATTR { return hn::Mul(x, hn::Div(hn::Set(d, 0.5F), y)); });
    case K::Rsqrt:
      return loop([](auto d, auto x, auto y) HWY_ATTR {
        return hn::Mul(x, hn::Mul(hn::Mul(y, hn::Set(d, -0.5F)), hn::Mul(y, y)));
      });
    case K::Reciprocal:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Mul(x, hn::Neg(hn::Mul(y, y))); });
    case K::Exp:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Mul(x, y); });
    case K::Sign:
      return loop([](auto d, auto x, auto) HWY_ATTR { return hn::Mul(x, hn::Zero(d)); });
    case K::Relu:
      return inside(0, kInfinity, 1);
    case K::Relu6:
      return inside(0, 6, 1);
    case K::HardSigmoid:
      return inside(0, 1, 1.0F / 6);
    case K::LeakyRelu:
      return bent(1, 0, alpha);
    case K::Elu:
      return bent(1, 1, alpha);
    case K::Selu:
      return bent(kSeluScale, 1, kSeluScale * kSeluAlpha);
    case K::Sigmoid:
      return loop([=](auto d, auto x, auto y)
                      HWY_ATTR { return hn::Mul(x, hn::Mul(y, hn::Sub(one(d), y))); });
    case K::Tanh:
      return loop([=](auto d, auto x, auto y) HWY_ATTR {
        return hn::Mul(x, hn::Mul(hn::Sub(one(d), y), hn::Add(one(d), y)));
      });
    case K::Softplus:
      return loop([](auto d, auto x, auto y)
                      HWY_ATTR { return hn::Mul(x, hn::Neg(expm1_of(d, hn::Neg(y)))); });
    case K::Softsign:
      return loop([=](auto d, auto x, auto y) HWY_ATTR {
        const auto rest = hn::Sub(one(d), hn::Abs(y));
        return hn::Mul(x, hn::Mul(rest, rest));
      });
    default:
      ensure_failed("a derivative that follows from the result", __FILE__, __LINE__);
  }
}

/// The same where its argument is y, for the other kinds; or `loop(function, d)` if it takes only
/// vectors of d.
template <class Loop>
HWY_INLINE void with_slope_at_argument(UnaryKind kind, const Loop& loop) {
  using K = UnaryKind;
  switch (kind) {
    case K::Abs:
      return loop([](auto d, auto x, auto y) HWY_ATTR { return signed_by(d, x, y); });
    case K::Square:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Mul(x, hn::Add(y, y)); });
    case K::Log:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Div(x, y); });
    case K::Log1p:
      return loop([](auto d, auto x, auto y)
                      HWY_ATTR { return hn::Div(x, hn::Add(hn::Set(d, 1.0F), y)); });
    case K::Gelu:
      return loop([](auto d, auto x, auto y) HWY_ATTR { return hn::Mul(x, gelu_slope(d, y)); },
                  NarrowFloats());
    case K::GeluTanh:
      return loop([](auto d, auto x, auto y) HWY_ATTR { return hn::Mul(x, gelu_tanh_slope(d, y)); },
                  NarrowFloats());
    case K::Silu:
      return loop([](auto d, auto x, auto y) HWY_ATTR { return hn::Mul(x, silu_slope(d, y)); });
    case K::HardSilu:
      return loop([](auto d, auto x, auto y)
                      HWY_ATTR { return hn::Mul(x, hard_silu_slope(d, y)); });
    case K::Mish:
      return loop([](auto d, auto x, auto y) HWY_ATTR { return hn::Mul(x, mish_slope(d, y)); });
    default:
      ensure_failed("a derivative that needs the argument", __FILE__, __LINE__);
  }
}

/// x times the derivative of `kind`, y being its result or, if derivative_from_output() is false,
/// its argument.
template <class Loop>
HWY_INLINE void with_unary_gradient(UnaryKind kind, float alpha, const Loop& loop) {
  if (derivative_from_output(kind)) {
    with_slope_at_result(kind, alpha, loop);
  } else {
    with_slope_at_argument(kind, loop);
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
