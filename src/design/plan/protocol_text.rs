//! The protocol as people read it: Vietnamese first, English beside it.

use std::fmt::{self, Display, Formatter};

use super::protocol::{DrawFacts, Protocol, UnitFacts};

/// How to follow a draw by hand; the doc comments of `Stream` and `draw` say the same.
const METHOD: &str = "\
CÁCH KIỂM TRA · HOW TO CHECK
  Chạy lại lệnh trên với đúng tệp khung mẫu, kế hoạch và số gieo: mọi tệp kết quả phải giống hệt từng byte.
  Run the command again on the same frame, plan and seed: every file must come out the same, byte by byte.

  Số ngẫu nhiên của mỗi lần chọn: khóa = SHA-256 của năm dòng “hailong-sample/1”, số gieo, cấp, đơn vị cha, “sample”
  (dự phòng: “reserve”), nối bằng ký tự xuống dòng; dòng khóa ChaCha20 (bộ đếm 0, nonce 0) đọc thành các số 64 bit, byte thấp trước.
  Random numbers of a draw: the key is SHA-256 of the five lines “hailong-sample/1”, seed, level, parent, “sample”
  (substitutes: “reserve”), joined by newlines; its ChaCha20 keystream (counter 0, nonce 0) is read as little-endian 64-bit numbers.

  Đơn vị đứng theo thứ tự cột “order” của kế hoạch rồi theo mã; đơn vị chọn chắc chắn được tách ra trước.
  Units stand in the order of the plan's “order” columns, then of their codes; those in with certainty are taken out first.
  srs: mỗi đơn vị nhận số kế tiếp; n số nhỏ nhất được chọn. · Each unit gets the next number; the n smallest are drawn.
  systematic, pps_systematic: điểm thứ i là (R + i·T)/n, với T là tổng quy mô (hoặc số đơn vị) và R = số ngẫu nhiên mod T;
  đơn vị có khoảng cộng dồn chứa điểm đó được chọn. · Point i is (R + i·T)/n, with T the sum of sizes (or the number of units) and
  R = random number mod T (numbers at or above the largest multiple of T are passed over); it draws the unit whose cumulated sizes hold it.
";

impl Display for Protocol {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "BIÊN BẢN CHỌN MẪU · SAMPLING PROTOCOL\n")?;
        self.write_inputs(f)?;
        self.write_stages(f)?;
        self.write_shortfalls(f)?;
        writeln!(f, "{METHOD}\nCÁC LẦN CHỌN · DRAWS")?;
        self.draws.iter().try_for_each(|draw| self.write_draw(f, draw))
    }
}

impl Protocol {
    fn write_inputs(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (plan, frame) = (&self.plan, &self.frame);
        writeln!(f, "Kế hoạch · Plan: {} · {} ({} {})", plan.title_vi, plan.title_en, plan.code, plan.version)?;
        writeln!(f, "  SHA-256 {}", plan.sha256)?;
        writeln!(f, "Khung mẫu · Frame: {} dòng · rows", frame.rows)?;
        writeln!(f, "  SHA-256 {} (tệp · file)", frame.sha256)?;
        writeln!(f, "  SHA-256 {} (nội dung theo thứ tự chuẩn · content in canonical order)", frame.canonical_sha256)?;
        writeln!(f, "Số gieo · Seed: {}", self.seed)?;
        writeln!(f, "Lệnh · Command: {}\n", self.repeat)
    }

    fn write_stages(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "CÁC GIAI ĐOẠN · STAGES")?;
        for (number, stage) in (1..).zip(&self.stages) {
            let size = stage.size.as_ref().map(|size| format!(" ({size})")).unwrap_or_default();
            writeln!(
                f,
                "  {number}. {}: {}{size}; chọn {} trong {} đơn vị của {} đơn vị cha, {} chắc chắn · \
                 {} of {} in {} parents, {} with certainty",
                stage.level,
                stage.method,
                stage.sampled,
                stage.population,
                stage.parents,
                stage.certain,
                stage.sampled,
                stage.population,
                stage.parents,
                stage.certain,
            )?;
        }
        writeln!(f, "  Mẫu · Sample: {}; dự phòng · substitutes: {}", self.sampled, self.substitutes)?;
        writeln!(
            f,
            "  Tổng trọng số · Sum of base weights: {:.3}; khung mẫu có · the frame has: {}\n",
            self.sum_of_weights, self.population
        )
    }

    fn write_shortfalls(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.shortfalls.is_empty() {
            return Ok(());
        }
        writeln!(f, "KHÔNG ĐỦ ĐƠN VỊ, LẤY TẤT CẢ · FEWER UNITS THAN PLANNED, ALL TAKEN")?;
        for short in &self.shortfalls {
            writeln!(f, "  {} / {}: cần · wanted {}, có · there are {}", short.parent, short.level, short.wanted, short.population)?;
        }
        writeln!(f)
    }

    fn write_draw(&self, f: &mut Formatter<'_>, draw: &DrawFacts) -> fmt::Result {
        write!(f, "\n[{}] {} / {}: N = {}, n = {}", draw.stage, draw.parent, draw.level, draw.population, draw.units.len())?;
        if let (Some(start), Some(from), Some(interval)) = (draw.start, draw.start_value, draw.interval) {
            let (number, total) = (draw.by_chance, draw.total);
            write!(
                f,
                "; R = {start}, T = {total}; khởi đầu · start R/{number} = {from:.4}; khoảng cách · interval T/{number} = {interval:.4}"
            )?;
        }
        writeln!(f)?;
        let listed = self.stages.get(draw.stage - 1).is_some_and(|stage| stage.count.is_some());
        if listed {
            write_numbers(f, draw)?;
        } else {
            draw.units.iter().try_for_each(|unit| write_unit(f, unit))?;
        }
        if !draw.substitutes.is_empty() {
            let codes: Vec<&str> = draw.substitutes.iter().map(|code| if listed { list_number(code) } else { code }).collect();
            writeln!(f, "  dự phòng · substitutes: {}", codes.join(", "))?;
        }
        Ok(())
    }
}

/// The numbers on a list; they all have the same chance.
fn write_numbers(f: &mut Formatter<'_>, draw: &DrawFacts) -> fmt::Result {
    let numbers: Vec<&str> = draw.units.iter().map(|unit| list_number(&unit.code)).collect();
    writeln!(f, "  số thứ tự · numbers on the list: {}", numbers.join(", "))?;
    match draw.units.first() {
        Some(unit) => writeln!(f, "  xác suất · probability {}; trọng số · weight {}", unit.probability, unit.weight),
        None => Ok(()),
    }
}

fn list_number(code: &str) -> &str {
    code.rsplit('-').next().unwrap_or(code)
}

fn write_unit(f: &mut Formatter<'_>, unit: &UnitFacts) -> fmt::Result {
    write!(f, "  {}", unit.code)?;
    if let Some(size) = unit.size {
        write!(f, "; quy mô · size {size}")?;
    }
    if unit.certain {
        write!(f, "; chắc chắn · certain")?;
    }
    if let Some(hit) = unit.hit {
        write!(f, "; điểm chọn · hit {hit:.4}")?;
    }
    if let Some(number) = &unit.number {
        write!(f, "; số ngẫu nhiên · number {number}")?;
    }
    writeln!(f, "; xác suất · probability {}; trọng số · weight {}", unit.probability, unit.weight)
}
