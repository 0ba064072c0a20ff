// A wave at a one-stop shop, to be answered by anyone who has its link.

const words = (vi, en) => ({ vi, en });

/** A questionnaire of seven questions with a condition. */
export const questionnaire = {
  kind: 'questionnaire', code: 'counter', version: '1', title: words('Phiếu đánh giá tại quầy', 'Counter form'), languages: ['vi', 'en'],
  scales: {
    five: {
      options: [['1', 'Rất không hài lòng', 'Very dissatisfied'], ['2', 'Không hài lòng', 'Dissatisfied'], ['3', 'Bình thường', 'Neutral'], ['4', 'Hài lòng', 'Satisfied'], ['5', 'Rất hài lòng', 'Very satisfied']]
        .map(([code, vi, en], at) => ({ code, score: at * 25, label: words(vi, en) })),
    },
  },
  sections: [{
    code: 'A', title: words('Đánh giá', 'Rating'), items: [
      { code: 'overall', kind: 'scale', scale: 'five', required: true, text: words('Nhìn chung, Ông/Bà hài lòng ở mức nào với việc giải quyết thủ tục này?', 'Overall, how satisfied are you with the way this procedure was handled?') },
      { code: 'staff', kind: 'scale', scale: 'five', required: true, does_not_apply: true, text: words('Ông/Bà hài lòng ở mức nào với thái độ của cán bộ?', 'How satisfied are you with the manner of the officials?') },
      { code: 'late', kind: 'single', required: true, text: words('Kết quả có bị trễ hẹn không?', 'Was the result late?'), options: [{ code: 'yes', label: words('Có', 'Yes') }, { code: 'no', label: words('Không', 'No') }] },
      {
        code: 'why', kind: 'multiple', min_selected: 1, max_selected: 2, exclusive: ['unsaid'], required: true, relevant: { item: 'late', is: ['yes'] },
        text: words('Vì sao kết quả trễ hẹn?', 'Why was it late?'),
        options: [['papers', 'Thiếu giấy tờ', 'Papers were missing'], ['queue', 'Quá đông người', 'Too many people'], ['system', 'Lỗi phần mềm', 'The software failed'], ['unsaid', 'Không được cho biết', 'I was not told']].map(([code, vi, en]) => ({ code, label: words(vi, en) })),
      },
      { code: 'trips', kind: 'number', min: 1, max: 20, decimals: 0, text: words('Ông/Bà đã đến đây mấy lần vì việc này?', 'How often did you come here for it?') },
      { code: 'comment', kind: 'text', max_length: 500, text: words('Ông/Bà có góp ý gì thêm không?', 'Is there anything you would like to add?') },
    ],
  }],
};

/** Publishes it and opens a wave `quay` for the provinces of the list of 2025. */
export async function openWave(server, more = {}) {
  await server.api('PUT', '/v1/surveys/counter/versions/1', { as: 'statistician', body: questionnaire });
  await wave(server, 'quay', more);
}

/** Opens a wave of it. */
export async function wave(server, code, more = {}) {
  await server.api('PUT', `/v1/waves/${code}`, {
    as: 'statistician',
    body: {
      survey: 'counter', title: words('Đánh giá bộ phận một cửa', 'Rate the one-stop shop'), mode: 'opt_in', frame: words('Người đến giao dịch', 'Visitors'),
      unit_list: 'vn-34', design: 'element', chain: { customers: 1200, invitations: 600 }, opens_at: '2024-01-01T00:00:00Z', ...more,
    },
  });
}

/** Answers the form that is open, one question a screen. */
export async function answer(page, { late = 'no', overall = '4' } = {}) {
  const next = () => page.click('.moves button:not(.plain):not([type=submit])');
  await page.check(`input[name="answers.overall"][value="${overall}"]`);
  await next();
  await page.check('input[name="answers.staff"][value="5"]');
  await next();
  await page.check(`input[name="answers.late"][value="${late}"]`);
  await next();
  if (late === 'yes') {
    await page.check('input[name="answers.why"][value="queue"]');
    await next();
  }
  await page.fill('input[name="answers.trips"]', '2');
  await next();
  await page.fill('textarea', 'Cảm ơn, cán bộ nhiệt tình – đúng hẹn');
  await page.click('button[type=submit]');
}
