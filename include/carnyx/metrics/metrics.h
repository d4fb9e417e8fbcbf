// The metrics by Keras's names, in the namespace that Keras has them in: a loss may have the same
// name. Defaults are Keras 3's.
#pragma once

#include "carnyx/metrics/accuracy.h"
#include "carnyx/metrics/auc.h"
#include "carnyx/metrics/confusion.h"
#include "carnyx/metrics/f_score.h"
#include "carnyx/metrics/iou.h"
#include "carnyx/metrics/mean_of.h"
#include "carnyx/metrics/metric.h"
#include "carnyx/metrics/operating_point.h"
#include "carnyx/metrics/regression.h"
