// The C++ library at work: containers, streams, algorithms, static construction and destruction.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};

struct Square : Shape {
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
    double side;
};

struct Circle : Shape {
    explicit Circle(double radius) : radius(radius) {}
    double area() const override { return 3.0 * radius * radius; }
    double radius;
};

struct Announcer {
    Announcer() { std::cout << "constructed\n"; }
    ~Announcer() { std::cout << "destroyed\n"; }
} announcer;

} // namespace

int main() {
    std::map<std::string, int> words;
    std::string word;
    while (std::cin >> word) {
        words[word]++;
    }
    for (const auto &entry : words) {
        std::cout << entry.first << ' ' << entry.second << '\n';
    }
    std::vector<uint32_t> numbers(10000);
    std::iota(numbers.begin(), numbers.end(), 0u);
    std::for_each(numbers.begin(), numbers.end(), [](uint32_t &number) { number = number * 2654435761u; });
    std::sort(numbers.begin(), numbers.end());
    std::cout << "sorted " << std::is_sorted(numbers.begin(), numbers.end()) << ' ' << numbers[5000] << '\n';
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Square>(1.5));
    shapes.push_back(std::make_unique<Circle>(2.0));
    double sum = 0;
    for (const auto &shape : shapes) {
        sum += shape->area();
    }
    std::ostringstream text;
    text.precision(10);
    text << "area " << sum << " third " << 1.0 / 3;
    std::cout << text.str() << std::endl;
    return 5;
}
