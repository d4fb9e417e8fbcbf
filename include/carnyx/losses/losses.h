// The losses by Keras's names; defaults are Keras 3's. The trainer divides sums by the rows.
#pragma once

#include "carnyx/losses/crossentropy.h"
#include "carnyx/losses/focal.h"
#include "carnyx/losses/hinge.h"
#include "carnyx/losses/loss.h"
#include "carnyx/losses/overlap.h"
#include "carnyx/losses/regression.h"
#include "carnyx/losses/targets.h"
