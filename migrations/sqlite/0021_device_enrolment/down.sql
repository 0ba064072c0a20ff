DROP TABLE device_enrolment;
