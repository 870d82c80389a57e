#include "session.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string>
#include <utility>

namespace vsdeblur::frei0r {

namespace {

class EditorSession final : public Session {
public:
    EditorSession(int width, int height, const Options& options)
        : layout_{width, height, width, 0}, stream_(width, height, options) {}

    void update(double time, const std::uint32_t* in, std::uint32_t* out) override {
        Planes planes(in, layout_);
        const Step step = clock_.step(time);
        if (step == Step::next) {
            stream_.push(std::move(planes));
            show();
        } else if (step == Step::jump || planes != stream_.frame(stream_.count() - 1)) {
            begin(std::move(planes));
        }
        pack(*shown_->image, shown_->source, layout_, out);
    }

private:
    struct Shown {
        std::shared_ptr<const Image> image;
        Planes source;
    };

    void begin(Planes planes) {
        if (stream_.delay() > 0) {
            stream_.begin_clip();
            stream_.push(planes);
            stream_.end_clip();
            shown_ = {stream_.output(0), planes};
        }
        stream_.begin_clip();
        stream_.push(std::move(planes));
        show();
    }

    void show() {
        const int n = stream_.count() - 1 - stream_.delay();
        if (n >= 0) shown_ = {stream_.output(n), stream_.frame(n)};
    }

    const Layout layout_;
    Stream stream_;
    Clock clock_;
    std::optional<Shown> shown_;
};

constexpr int marks = 3;                                 // rows above the picture
constexpr std::array row_alignments = {1, 4, 8, 16, 32};  // pixels, rising: none, 16 bytes .. 128 bytes
constexpr std::uint32_t white = std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{255, 255, 255, 255});
constexpr std::uint32_t black = std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{0, 0, 0, 255});
constexpr const char* no_marks = "host=ffmpeg is for the graph that vsdeblur ffmpeg-graph prints, and this is another";

class FFmpegSession final : public Session {
public:
    FFmpegSession(int width, int height, const Options& options)
        : width_(width), height_(height - marks), stream_(width, height_, options) {}

    void update(double, const std::uint32_t* in, std::uint32_t* out) override {
        if (in[0] == black && stream_.count() > 0) {
            stream_.end_clip();
        } else {
            layout_ = layout_of(in);
            stream_.push(Planes(in, layout_));
        }
        const int n = std::min(updates_++ - stream_.delay(), stream_.count() - 1);
        if (n < 0) {
            std::fill_n(out, static_cast<std::size_t>(width_) * (height_ + marks), 0u);
        } else {
            const auto image = stream_.output(n);
            pack(*image, stream_.frame(n), layout_, out);
        }
    }

private:
    // Nothing beyond the true third row is read: what lies between rows does not look like the marks.
    Layout layout_of(const std::uint32_t* in) const {
        const auto is_row = [&](int start, std::uint32_t colour) {
            return std::all_of(in + start, in + start + width_, [&](std::uint32_t pixel) { return pixel == colour; });
        };
        for (const int pixels : row_alignments) {
            const int stride = (width_ + pixels - 1) / pixels * pixels;
            if (is_row(0, white) && is_row(stride, black) && is_row(2 * stride, white))
                return {width_, height_, stride, marks * stride};
        }
        throw Error(no_marks);
    }

    const int width_;
    const int height_;
    Stream stream_;
    Layout layout_;
    int updates_ = 0;
};

}  // namespace

std::unique_ptr<Session> make_editor_session(int width, int height, const Options& options) {
    return std::make_unique<EditorSession>(width, height, options);
}

std::unique_ptr<Session> make_ffmpeg_session(int width, int height, const Options& options) {
    if (height <= marks) throw Error(no_marks);
    return std::make_unique<FFmpegSession>(width, height, options);
}

}  // namespace vsdeblur::frei0r
